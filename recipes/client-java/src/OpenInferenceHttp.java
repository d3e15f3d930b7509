import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.URI;
import java.util.List;
import java.util.Map;

/** The Open Inference Protocol v2 over REST, with JSON tensors. */
final class OpenInferenceHttp implements Client {
    private final URI address;

    OpenInferenceHttp(String host, int port) {
        address = URI.create("http://" + host + ":" + port + "/v2/models/uci-housing/infer");
    }

    @Override
    public String protocol() {
        return "Open Inference Protocol over HTTP";
    }

    @Override
    public float price(float[] values) throws Exception {
        Map<String, Object> input =
                Map.of("name", "x", "datatype", "FP32", "shape", List.of(1, values.length), "data", values);
        String answer = Post.json(address, new Gson().toJson(Map.of("inputs", List.of(input))));
        JsonObject output = JsonParser.parseString(answer).getAsJsonObject().getAsJsonArray("outputs").get(0).getAsJsonObject();
        return output.getAsJsonArray("data").get(0).getAsFloat();
    }
}
