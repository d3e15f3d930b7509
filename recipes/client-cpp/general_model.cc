// Paddle Serving's GeneralModelService.
#include "client.h"
#include "general_model_service.grpc.pb.h"

namespace general_model = baidu::paddle_serving::predictor::general_model;

namespace {

constexpr int kFp32 = 1;  // Tensor.elem_type

class GeneralModelClient : public Client {
 public:
  explicit GeneralModelClient(const std::shared_ptr<grpc::Channel>& channel)
      : service_(general_model::GeneralModelService::NewStub(channel)) {}

  std::string protocol() const override { return "GeneralModelService over gRPC"; }

  float price(const std::vector<float>& values) override {
    general_model::Request request;
    general_model::Tensor* x = request.add_tensor();
    x->set_name("x");
    x->set_alias_name("x");
    x->set_elem_type(kFp32);
    x->add_shape(1);
    x->add_shape(static_cast<int>(values.size()));
    x->mutable_float_data()->Add(values.begin(), values.end());
    request.add_fetch_var_names("price");

    grpc::ClientContext context;
    context.set_deadline(deadline());
    general_model::Response response;
    const grpc::Status status = service_->inference(&context, request, &response);
    if (!status.ok()) throw Refused(status);
    for (const auto& output : response.outputs())
      for (const auto& tensor : output.tensor())
        if (tensor.alias_name() == "price" && tensor.float_data_size() == 1) return tensor.float_data(0);
    throw std::runtime_error("the answer has no price");
  }

 private:
  std::unique_ptr<general_model::GeneralModelService::Stub> service_;
};

}  // namespace

std::unique_ptr<Client> general_model_client(const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GeneralModelClient>(channel);
}
