/** The server's answer to a request that it does not accept: a status and a sentence that says what to change. */
final class Refused extends Exception {
    Refused(String status, String sentence) {
        super(status + " " + sentence);
    }
}
