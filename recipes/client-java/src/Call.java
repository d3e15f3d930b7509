import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.util.function.Supplier;

/** gRPC over one connection without TLS, which all calls of a process share. */
final class Call {
    private Call() {}

    static ManagedChannel channel(String host, int port) {
        return NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
    }

    /** Return the call's answer; Refused where it failed. */
    static <T> T answer(Supplier<T> call) throws Refused {
        try {
            return call.get();
        } catch (StatusRuntimeException failure) {
            throw new Refused(failure.getStatus().getCode().toString(), failure.getStatus().getDescription());
        }
    }
}
