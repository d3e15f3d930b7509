package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	pb "client/inference"
	"google.golang.org/grpc"
)

const model = "uci-housing"

type tensor struct {
	Name     string    `json:"name"`
	Datatype string    `json:"datatype"`
	Shape    []int     `json:"shape"`
	Data     []float32 `json:"data"`
}

// openInferenceHTTP speaks the protocol's REST interface with JSON tensors.
type openInferenceHTTP struct{ url string }

func (c openInferenceHTTP) price(ctx context.Context, values []float32) (float32, error) {
	x := tensor{"x", "FP32", []int{1, len(values)}, values}
	body, err := json.Marshal(map[string][]tensor{"inputs": {x}})
	if err != nil {
		return 0, err
	}
	answer, err := postJSON(ctx, c.url+"/v2/models/"+model+"/infer", body)
	if err != nil {
		return 0, err
	}
	var response struct {
		Outputs []tensor `json:"outputs"`
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return 0, err
	}
	if len(response.Outputs) != 1 || len(response.Outputs[0].Data) != 1 {
		return 0, fmt.Errorf("the answer is not one price: %s", answer)
	}
	return response.Outputs[0].Data[0], nil
}

// openInferenceGRPC sends raw tensors: little-endian values, one block an input.
type openInferenceGRPC struct{ connection *grpc.ClientConn }

func (c openInferenceGRPC) price(ctx context.Context, values []float32) (float32, error) {
	var raw bytes.Buffer
	if err := binary.Write(&raw, binary.LittleEndian, values); err != nil {
		return 0, err
	}
	x := &pb.ModelInferRequest_InferInputTensor{Name: "x", Datatype: "FP32", Shape: []int64{1, int64(len(values))}}
	request := &pb.ModelInferRequest{
		ModelName:        model,
		Inputs:           []*pb.ModelInferRequest_InferInputTensor{x},
		RawInputContents: [][]byte{raw.Bytes()},
	}
	response, err := pb.NewGRPCInferenceServiceClient(c.connection).ModelInfer(ctx, request)
	if err != nil {
		return 0, refusedCall(err)
	}
	if len(response.GetRawOutputContents()) != 1 {
		return 0, fmt.Errorf("the answer has %d raw outputs, not one", len(response.GetRawOutputContents()))
	}
	var price float32
	err = binary.Read(bytes.NewReader(response.GetRawOutputContents()[0]), binary.LittleEndian, &price)
	return price, err
}
