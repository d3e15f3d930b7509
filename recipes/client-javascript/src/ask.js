// Ask for one price over each protocol, then send one value too few and show the refusal.
import { generalModelGrpc } from "./general_model_grpc.js";
import { generalModelHttp } from "./general_model_http.js";
import { openInferenceGrpc } from "./open_inference_grpc.js";
import { openInferenceHttp } from "./open_inference_http.js";
import { Refused } from "./refused.js";

const address = `127.0.0.1:${process.env.PORT}`; // change me: where the server runs
const house = [
  0.0137, -0.1136, 0.2553, -0.0692, 0.0582, -0.0727, -0.1583, -0.0584, 0.6283, 0.4919, 0.1856, 0.0795, -0.0332,
];

async function ask(client) {
  try {
    const price = await client.price(house);
    console.log(`${client.protocol}: ${price.toFixed(4)} thousand dollars`);
    await client.price(house.slice(0, 12)).catch((error) => {
      if (!(error instanceof Refused)) throw error;
      console.log(`${client.protocol} refused 12 values: ${error.message}`);
    });
  } finally {
    client.close?.();
  }
}

for (const connect of [generalModelHttp, openInferenceHttp, generalModelGrpc, openInferenceGrpc]) {
  await ask(connect(address));
}
