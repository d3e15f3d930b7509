// What asks for the price of a house over gRPC, and how a refusal is told.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

// The server's answer to a request that it does not accept: a status and a sentence that says what to change.
class Refused : public std::runtime_error {
 public:
  explicit Refused(const grpc::Status& status);
};

class Client {
 public:
  virtual ~Client() = default;
  virtual std::string protocol() const = 0;
  // The price in thousand dollars; throws Refused where the call fails.
  virtual float price(const std::vector<float>& values) = 0;
};

std::unique_ptr<Client> general_model_client(const std::shared_ptr<grpc::Channel>& channel);
std::unique_ptr<Client> open_inference_client(const std::shared_ptr<grpc::Channel>& channel);

inline std::chrono::system_clock::time_point deadline() {
  return std::chrono::system_clock::now() + std::chrono::seconds(20);
}
