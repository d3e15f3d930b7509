package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"

	"google.golang.org/grpc/status"
)

// postJSON returns the body of the answer; a *refusal where its status is not 200.
func postJSON(ctx context.Context, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body) // to its end, so that the connection is used again
	if err == nil && response.StatusCode != http.StatusOK {
		err = &refusal{strconv.Itoa(response.StatusCode), string(answer)}
	}
	return answer, err
}

// refusedCall returns what a failed gRPC call says of itself.
func refusedCall(err error) error {
	failure := status.Convert(err)
	return &refusal{failure.Code().String(), failure.Message()}
}
