// Paddle Serving's messages over gRPC.
import { call, connect, load } from "./call.js";
import { generalModelRequest, priceOf } from "./general_model_message.js";

const { GeneralModelService } = load("general_model_service.proto").baidu.paddle_serving.predictor.general_model;

export function generalModelGrpc(address) {
  const service = connect(GeneralModelService, address);
  return {
    protocol: "GeneralModelService over gRPC",
    async price(values) {
      return priceOf(await call(service, "inference", generalModelRequest(values)));
    },
    close() {
      service.close();
    },
  };
}
