import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** JSON sent by the JDK's own HTTP client; connections are kept and used again. */
final class Post {
    private static final HttpClient HTTP =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();

    private Post() {}

    /** Return the body of the answer; Refused where its status is not 200. */
    static String json(URI address, String body) throws IOException, InterruptedException, Refused {
        HttpRequest request =
                HttpRequest.newBuilder(address)
                        .timeout(Duration.ofSeconds(20))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new Refused(Integer.toString(response.statusCode()), response.body());
        }
        return response.body();
    }
}
