// The Open Inference Protocol v2 over REST with binary tensors: JSON first, then the raw bytes of each tensor in order.
import { readFloats, writeFloats } from "./floats.js";
import { post } from "./post.js";

const HEADER_LENGTH = "inference-header-content-length"; // bytes of JSON before the tensors

export function openInferenceHttp(address) {
  const url = `http://${address}/v2/models/uci-housing/infer`; // change me: the model's name
  return {
    protocol: "Open Inference Protocol over HTTP",
    async price(values) {
      const raw = writeFloats(values);
      const parameters = { binary_data_size: raw.length };
      const header = Buffer.from(
        JSON.stringify({
          inputs: [{ name: "x", datatype: "FP32", shape: [1, values.length], parameters }],
          outputs: [{ name: "price", parameters: { binary_data: true } }],
        }),
      );
      const headers = { "content-type": "application/octet-stream", [HEADER_LENGTH]: String(header.length) };
      const response = await post(url, headers, Buffer.concat([header, raw]));
      const answer = Buffer.from(await response.arrayBuffer());
      return readFloats(answer.subarray(Number(response.headers.get(HEADER_LENGTH))))[0];
    },
  };
}
