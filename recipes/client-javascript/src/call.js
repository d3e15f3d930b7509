// gRPC over a connection without TLS; messages are read from the .proto files at run time, under their own names.
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { Refused } from "./refused.js";

export function load(file) {
  const path = fileURLToPath(new URL(`../proto/${file}`, import.meta.url));
  return grpc.loadPackageDefinition(loadSync(path, { keepCase: true, longs: Number }));
}

export function connect(Service, address) {
  return new Service(address, grpc.credentials.createInsecure());
}

// Return a call's answer; throws Refused where it failed.
export function call(service, method, request) {
  return new Promise((resolve, reject) => {
    service[method](request, { deadline: Date.now() + 20_000 }, (failure, answer) => {
      if (failure) reject(new Refused(grpc.status[failure.code], failure.details));
      else resolve(answer);
    });
  });
}
