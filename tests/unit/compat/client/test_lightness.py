from tests.unit.clients.test_lightness import loaded_by

SCRIPT = """
from serving_kit import compat
compat.install()
from paddle_serving_client import Client, HttpClient
from paddle_serving_client.utils import MultiThreadRunner, benchmark_args, show_latency
from paddle_serving_client.metric import auc
"""


def test_client_scripts_run_where_only_clients_are_installed() -> None:
    loaded = loaded_by(SCRIPT)
    assert "serving_kit.compat.client.load" in loaded
    assert "serving_kit.serve" not in loaded
