// Computes a layers model of one input and one output with TensorFlow.js on its plain JavaScript backend.
// node layers_model.js <tf.js bundle> <model.json> <folder>: the folder holds input.bin, raw float32, and shape.json;
// output.bin and its shape as answer.json are left there.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [bundle, modelPath, folder] = process.argv.slice(2);

function exactly(buffer) {
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
}

async function main() {
  const tf = require(path.resolve(bundle));
  await tf.setBackend("cpu");
  const { modelTopology, weightsManifest } = JSON.parse(fs.readFileSync(modelPath, "utf8"));
  const shards = weightsManifest.flatMap((group) => group.paths);
  const data = Buffer.concat(shards.map((shard) => fs.readFileSync(path.join(path.dirname(modelPath), shard))));
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  const model = await tf.loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs, weightData: exactly(data) }),
  });
  const shape = JSON.parse(fs.readFileSync(path.join(folder, "shape.json"), "utf8"));
  const input = tf.tensor(new Float32Array(exactly(fs.readFileSync(path.join(folder, "input.bin")))), shape, "float32");
  const output = model.predict(input);
  fs.writeFileSync(path.join(folder, "output.bin"), Float32Array.from(output.dataSync()));
  fs.writeFileSync(path.join(folder, "answer.json"), JSON.stringify(output.shape));
}

main().catch((error) => {
  process.stderr.write(`\n${error.message.replaceAll("\n", " ")}\n`);
  process.exit(1);
});
