/** Something that can be asked for the price of a house. */
interface Client extends AutoCloseable {
    /** What the client speaks, for people. */
    String protocol();

    /** Return the price in thousand dollars; Refused where the server finds fault with the values. */
    float price(float[] values) throws Exception;

    @Override
    default void close() {}
}
