import baidu.paddle_serving.predictor.general_model.GeneralModelServiceOuterClass.Request;
import baidu.paddle_serving.predictor.general_model.GeneralModelServiceOuterClass.Response;
import baidu.paddle_serving.predictor.general_model.GeneralModelServiceOuterClass.Tensor;

/** Paddle Serving's messages, the same for JSON and gRPC. */
final class GeneralModelMessage {
    private static final int FP32 = 1; // Tensor.elem_type

    private GeneralModelMessage() {}

    static Request request(float[] values) {
        Tensor.Builder tensor = Tensor.newBuilder().setName("x").setAliasName("x").setElemType(FP32);
        for (float value : values) {
            tensor.addFloatData(value);
        }
        tensor.addShape(1).addShape(values.length);
        return Request.newBuilder().addTensor(tensor).addFetchVarNames("price").build();
    }

    static float price(Response response) {
        return response.getOutputs(0).getTensor(0).getFloatData(0);
    }
}
