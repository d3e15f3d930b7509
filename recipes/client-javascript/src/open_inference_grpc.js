// The Open Inference Protocol v2 over gRPC, with raw tensors.
import { call, connect, load } from "./call.js";
import { readFloats, writeFloats } from "./floats.js";

const { GRPCInferenceService } = load("open_inference.proto").inference;

export function openInferenceGrpc(address) {
  const service = connect(GRPCInferenceService, address);
  return {
    protocol: "Open Inference Protocol over gRPC",
    async price(values) {
      const answer = await call(service, "ModelInfer", {
        model_name: "uci-housing", // change me
        inputs: [{ name: "x", datatype: "FP32", shape: [1, values.length] }],
        raw_input_contents: [writeFloats(values)],
      });
      return readFloats(answer.raw_output_contents[0])[0];
    },
    close() {
      service.close();
    },
  };
}
