# coding: utf-8
import json
import requests
import sys

url = "http://127.0.0.1:{}/{}/prediction".format(sys.argv[1], sys.argv[2])
headers = {"Content-Type": "application/json"}
for line in sys.stdin:
    feed, fetch = json.loads(line)
    data = json.dumps({"feed": feed, "fetch": fetch})
    r = requests.post(url=url, headers=headers, data=data)
    print(r.status_code, json.dumps(r.json(), ensure_ascii=False))
