import json
import requests
import sys

url = "http://{}/{}/prediction".format(sys.argv[1], sys.argv[2])
key, value = sys.argv[3].split("=", 1)
data = {"key": [key], "value": [value]}
for i in range(3):
    r = requests.post(url=url, data=json.dumps(data))
    print(r.status_code, r.json())
