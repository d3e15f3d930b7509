// Paddle Serving's messages, the same for JSON and gRPC.
const FP32 = 1; // Tensor.elem_type

export function generalModelRequest(values) {
  const x = { name: "x", alias_name: "x", elem_type: FP32, shape: [1, values.length], float_data: values };
  return { tensor: [x], fetch_var_names: ["price"] };
}

export function priceOf(response) {
  return response.outputs[0].tensor.find((tensor) => tensor.alias_name === "price").float_data[0];
}
