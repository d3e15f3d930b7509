import sys
from wsgiref.simple_server import make_server

from paddle_serving_server.web_service import WebService

uci_service = WebService(name="uci")
uci_service.load_model_config(sys.argv[1])
uci_service.prepare_server(workdir="workdir", port=9292, device="cpu")
uci_service.run_rpc_service()
# Get the application
app_instance = uci_service.get_app_instance()

if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[2]), app_instance).serve_forever()
