import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Ask for one price over each protocol, then send one value too few and show the refusal. */
public final class Ask {
    private static final float[] HOUSE = {
        0.0137f, -0.1136f, 0.2553f, -0.0692f, 0.0582f, -0.0727f, -0.1583f, -0.0584f, 0.6283f, 0.4919f, 0.1856f, 0.0795f,
        -0.0332f
    };

    public static void main(String[] arguments) throws Exception {
        String host = "127.0.0.1"; // change me: where the server runs
        int port = Integer.parseInt(System.getenv("PORT"));
        List<Client> clients =
                List.of(
                        new GeneralModelHttp(host, port),
                        new OpenInferenceHttp(host, port),
                        new GeneralModelGrpc(host, port),
                        new OpenInferenceGrpc(host, port));
        for (Client client : clients) {
            try (client) {
                ask(client);
            }
        }
    }

    private static void ask(Client client) throws Exception {
        System.out.printf(Locale.ROOT, "%s: %.4f thousand dollars%n", client.protocol(), client.price(HOUSE));
        try {
            client.price(Arrays.copyOf(HOUSE, 12));
        } catch (Refused refusal) {
            System.out.printf("%s refused 12 values: %s%n", client.protocol(), refusal.getMessage());
        }
    }
}
