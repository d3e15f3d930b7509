import baidu.paddle_serving.predictor.general_model.GeneralModelServiceOuterClass.Response;
import com.google.protobuf.util.JsonFormat;
import java.net.URI;

/** Paddle Serving's JSON, written from its protobuf message. */
final class GeneralModelHttp implements Client {
    private static final JsonFormat.Printer PRINTER = JsonFormat.printer().preservingProtoFieldNames();
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();

    private final URI address;

    GeneralModelHttp(String host, int port) {
        address = URI.create("http://" + host + ":" + port + "/GeneralModelService/inference");
    }

    @Override
    public String protocol() {
        return "GeneralModelService over HTTP";
    }

    @Override
    public float price(float[] values) throws Exception {
        String answer = Post.json(address, PRINTER.print(GeneralModelMessage.request(values)));
        Response.Builder response = Response.newBuilder();
        PARSER.merge(answer, response);
        return GeneralModelMessage.price(response.build());
    }
}
