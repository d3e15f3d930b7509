// Ask for one price over each service, then send one value too few and show the refusal.
#include <cstdlib>
#include <iomanip>
#include <iostream>

#include "client.h"

namespace {

const std::string kHost = "127.0.0.1";  // change me: where the server runs

const std::vector<float> kHouse = {0.0137f,  -0.1136f, 0.2553f, -0.0692f, 0.0582f, -0.0727f, -0.1583f,
                                   -0.0584f, 0.6283f,  0.4919f, 0.1856f,  0.0795f, -0.0332f};

void ask(Client& client) {
  std::cout << client.protocol() << ": " << client.price(kHouse) << " thousand dollars" << std::endl;
  try {
    client.price({kHouse.begin(), kHouse.begin() + 12});
  } catch (const Refused& refused) {
    std::cout << client.protocol() << " refused 12 values: " << refused.what() << std::endl;
  }
}

}  // namespace

int main() {
  const char* port = std::getenv("PORT");
  if (port == nullptr) {
    std::cerr << "PORT is not set; set it to the port of the server" << std::endl;
    return 2;
  }
  // One connection without TLS, shared by all calls.
  const auto channel = grpc::CreateChannel(kHost + ":" + port, grpc::InsecureChannelCredentials());
  std::cout << std::fixed << std::setprecision(4);
  try {
    ask(*general_model_client(channel));
    ask(*open_inference_client(channel));
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
