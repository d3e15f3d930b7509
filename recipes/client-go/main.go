// Asks for one price over each protocol, then sends one value too few and shows the refusal.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
)

const host = "127.0.0.1" // change me: where the server runs

var house = []float32{
	0.0137, -0.1136, 0.2553, -0.0692, 0.0582, -0.0727, -0.1583, -0.0584, 0.6283, 0.4919, 0.1856, 0.0795, -0.0332,
}

// client asks for the price of a house, in thousand dollars; the error is a *refusal where the values are at fault.
type client interface {
	price(ctx context.Context, values []float32) (float32, error)
}

// refusal is the server's answer to a request that it does not accept: a status and a sentence that says what to change.
type refusal struct{ status, sentence string }

func (r *refusal) Error() string { return r.status + " " + r.sentence }

func main() {
	log.SetFlags(0)
	address := net.JoinHostPort(host, os.Getenv("PORT"))
	connection, err := grpc.Dial(address, grpc.WithInsecure()) // one connection without TLS, shared by all calls
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	ask("GeneralModelService over HTTP", generalModelHTTP{"http://" + address})
	ask("Open Inference Protocol over HTTP", openInferenceHTTP{"http://" + address})
	ask("GeneralModelService over gRPC", generalModelGRPC{connection})
	ask("Open Inference Protocol over gRPC", openInferenceGRPC{connection})
}

func ask(protocol string, c client) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	price, err := c.price(ctx, house)
	if err != nil {
		log.Fatalf("%s: %v", protocol, err)
	}
	fmt.Printf("%s: %.4f thousand dollars\n", protocol, price)

	var refused *refusal
	if _, err = c.price(ctx, house[:12]); errors.As(err, &refused) {
		fmt.Printf("%s refused 12 values: %v\n", protocol, refused)
	}
}
