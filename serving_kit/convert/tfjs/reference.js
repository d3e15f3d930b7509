// Computes a graph model with TensorFlow.js on its plain JavaScript backend, which rounds to float32 between operations
// and computes in float64 within one.
// node reference.js <tf.js bundle> <model.json> <folder>: the folder holds request.json and the raw feeds; answer.json
// and the raw outputs are left there.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [bundle, modelPath, folder] = process.argv.slice(2);
const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

function bytes(file) {
  const read = fs.readFileSync(file);
  return read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength);
}

function loaded(tf) {
  const document = JSON.parse(fs.readFileSync(modelPath, "utf8"));
  const shards = document.weightsManifest.flatMap((group) => group.paths);
  const data = Buffer.concat(shards.map((shard) => fs.readFileSync(path.join(path.dirname(modelPath), shard))));
  const weightData = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const weightSpecs = document.weightsManifest.flatMap((group) => group.weights);
  return tf.loadGraphModel({ load: async () => ({ ...document, weightSpecs, weightData }) });
}

function computed(tf, model, feed, outputs) {
  const named = {};
  for (const { tensor, dtype, shape, file } of feed) {
    named[tensor] = tf.tensor(new ARRAYS[dtype](bytes(path.join(folder, file))), shape, dtype);
  }
  return [model.execute(named, outputs)].flat();
}

async function main() {
  const tf = require(path.resolve(bundle));
  await tf.setBackend("cpu");
  const model = await loaded(tf);
  const { feeds, outputs } = JSON.parse(fs.readFileSync(path.join(folder, "request.json"), "utf8"));
  let refusal = "there is no input to try";
  for (const [number, feed] of feeds.entries()) {
    let tensors;
    try {
      tensors = computed(tf, model, feed, outputs);
    } catch (error) {
      refusal = number ? refusal : error.message;
      continue;
    }
    const described = tensors.map((tensor, index) => {
      const file = `output-${index}.bin`;
      fs.writeFileSync(path.join(folder, file), ARRAYS[tensor.dtype].from(tensor.dataSync()));
      return { dtype: tensor.dtype, shape: tensor.shape, file };
    });
    fs.writeFileSync(path.join(folder, "answer.json"), JSON.stringify({ taken: number, outputs: described }));
    return;
  }
  throw new Error(refusal);
}

main().catch((error) => {
  process.stderr.write(`\n${error.message.replaceAll("\n", " ")}\n`);
  process.exit(1);
});
