// The Open Inference Protocol v2, with raw tensors: little-endian values, one block an input.
#include <cstring>

#include "client.h"
#include "open_inference.grpc.pb.h"

namespace {

class OpenInferenceClient : public Client {
 public:
  explicit OpenInferenceClient(const std::shared_ptr<grpc::Channel>& channel)
      : service_(inference::GRPCInferenceService::NewStub(channel)) {}

  std::string protocol() const override { return "Open Inference Protocol over gRPC"; }

  float price(const std::vector<float>& values) override {
    inference::ModelInferRequest request;
    request.set_model_name("uci-housing");
    inference::ModelInferRequest::InferInputTensor* x = request.add_inputs();
    x->set_name("x");
    x->set_datatype("FP32");
    x->add_shape(1);
    x->add_shape(static_cast<int64_t>(values.size()));
    // x86 and ARM keep floats little-endian, as the wire does.
    request.add_raw_input_contents(values.data(), values.size() * sizeof(float));

    grpc::ClientContext context;
    context.set_deadline(deadline());
    inference::ModelInferResponse response;
    const grpc::Status status = service_->ModelInfer(&context, request, &response);
    if (!status.ok()) throw Refused(status);
    float price;
    if (response.raw_output_contents_size() != 1 || response.raw_output_contents(0).size() != sizeof price)
      throw std::runtime_error("the answer is not one price");
    std::memcpy(&price, response.raw_output_contents(0).data(), sizeof price);
    return price;
  }

 private:
  std::unique_ptr<inference::GRPCInferenceService::Stub> service_;
};

}  // namespace

std::unique_ptr<Client> open_inference_client(const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<OpenInferenceClient>(channel);
}
