import baidu.paddle_serving.predictor.general_model.GeneralModelServiceGrpc;
import baidu.paddle_serving.predictor.general_model.GeneralModelServiceGrpc.GeneralModelServiceBlockingStub;
import baidu.paddle_serving.predictor.general_model.GeneralModelServiceOuterClass.Request;
import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;

/** Paddle Serving's messages over gRPC. */
final class GeneralModelGrpc implements Client {
    private final ManagedChannel channel;
    private final GeneralModelServiceBlockingStub service;

    GeneralModelGrpc(String host, int port) {
        channel = Call.channel(host, port);
        service = GeneralModelServiceGrpc.newBlockingStub(channel);
    }

    @Override
    public String protocol() {
        return "GeneralModelService over gRPC";
    }

    @Override
    public float price(float[] values) throws Refused {
        Request request = GeneralModelMessage.request(values);
        return GeneralModelMessage.price(
                Call.answer(() -> service.withDeadlineAfter(20, TimeUnit.SECONDS).inference(request)));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
