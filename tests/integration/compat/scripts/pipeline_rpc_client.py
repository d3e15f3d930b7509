from paddle_serving_server.pipeline import PipelineClient
import numpy as np
import sys

client = PipelineClient()
client.connect([sys.argv[1]])

x = ", ".join(str(number) for number in range(13))
ret = client.predict(feed_dict={"x": x, "logid": 10000}, fetch=["price"])
if ret.err_no != 0:
    print(ret)
    exit(1)
print(ret.key, ret.value)

futures = []
for row in range(3):
    numbers = ",".join(str(number + row) for number in range(13))
    futures.append(client.predict(feed_dict={"x": numbers}, fetch=["price"], asyn=True, log_id=row + 1))
for f in futures:
    res = f.result()
    assert res.err_no == 0, res
    print(res.value[0])

rows = np.stack([np.arange(13), np.ones(13)]).astype("float32")
for use_tensor_bytes in (False, True):
    ret = client.predict(
        feed_dict={"x": rows}, fetch=["price"], pack_tensor_format=True, use_tensor_bytes=use_tensor_bytes
    )
    print(ret.value[0].replace("\n", ""))

ret = client.predict(feed_dict={"x": x}, profile=True)
print("pipeline.profile" in ret.key)
ret = client.predict(feed_dict={"x": "1,2,3"})
print(ret.err_no, ret.err_msg)
