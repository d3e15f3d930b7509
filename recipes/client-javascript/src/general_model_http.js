// Paddle Serving's JSON.
import { generalModelRequest, priceOf } from "./general_model_message.js";
import { post } from "./post.js";

export function generalModelHttp(address) {
  const url = `http://${address}/GeneralModelService/inference`;
  return {
    protocol: "GeneralModelService over HTTP",
    async price(values) {
      const body = JSON.stringify(generalModelRequest(values));
      const response = await post(url, { "content-type": "application/json" }, body);
      return priceOf(await response.json());
    },
  };
}
