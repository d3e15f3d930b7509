package main

import (
	"context"
	"errors"

	pb "client/general_model"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
)

const fp32 = 1 // Tensor.elem_type

// generalModelHTTP speaks Paddle Serving's JSON, written from its protobuf message.
type generalModelHTTP struct{ url string }

func (c generalModelHTTP) price(ctx context.Context, values []float32) (float32, error) {
	body, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(generalModelRequest(values))
	if err != nil {
		return 0, err
	}
	answer, err := postJSON(ctx, c.url+"/GeneralModelService/inference", body)
	if err != nil {
		return 0, err
	}
	response := &pb.Response{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(answer, response); err != nil {
		return 0, err
	}
	return generalModelPrice(response)
}

// generalModelGRPC sends the same messages over gRPC.
type generalModelGRPC struct{ connection *grpc.ClientConn }

func (c generalModelGRPC) price(ctx context.Context, values []float32) (float32, error) {
	response, err := pb.NewGeneralModelServiceClient(c.connection).Inference(ctx, generalModelRequest(values))
	if err != nil {
		return 0, refusedCall(err)
	}
	return generalModelPrice(response)
}

func generalModelRequest(values []float32) *pb.Request {
	x := &pb.Tensor{
		Name: "x", AliasName: "x", ElemType: fp32, Shape: []int32{1, int32(len(values))}, FloatData: values,
	}
	return &pb.Request{Tensor: []*pb.Tensor{x}, FetchVarNames: []string{"price"}}
}

func generalModelPrice(response *pb.Response) (float32, error) {
	for _, output := range response.GetOutputs() {
		for _, tensor := range output.GetTensor() {
			if tensor.GetAliasName() == "price" && len(tensor.GetFloatData()) > 0 {
				return tensor.GetFloatData()[0], nil
			}
		}
	}
	return 0, errors.New("the answer has no tensor \"price\"")
}
