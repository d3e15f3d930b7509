import com.google.protobuf.ByteString;
import inference.GRPCInferenceServiceGrpc;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.OpenInference.ModelInferRequest;
import inference.OpenInference.ModelInferRequest.InferInputTensor;
import inference.OpenInference.ModelInferResponse;
import io.grpc.ManagedChannel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/** The Open Inference Protocol v2 over gRPC, with raw tensors: little-endian values, one block an input. */
final class OpenInferenceGrpc implements Client {
    private final ManagedChannel channel;
    private final GRPCInferenceServiceBlockingStub service;

    OpenInferenceGrpc(String host, int port) {
        channel = Call.channel(host, port);
        service = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    }

    @Override
    public String protocol() {
        return "Open Inference Protocol over gRPC";
    }

    @Override
    public float price(float[] values) throws Refused {
        ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        ModelInferRequest request =
                ModelInferRequest.newBuilder()
                        .setModelName("uci-housing")
                        .addInputs(
                                InferInputTensor.newBuilder()
                                        .setName("x")
                                        .setDatatype("FP32")
                                        .addShape(1)
                                        .addShape(values.length))
                        .addRawInputContents(ByteString.copyFrom(raw))
                        .build();
        ModelInferResponse response =
                Call.answer(() -> service.withDeadlineAfter(20, TimeUnit.SECONDS).modelInfer(request));
        return response.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getFloat();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
