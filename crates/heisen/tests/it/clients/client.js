// An ordinary Node client of both stores: pipelines, transactions, prepared statements.
const assert = require("node:assert");
const { Client } = require("pg");
const Redis = require("ioredis");

async function postgres(url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("CREATE TABLE n(id int PRIMARY KEY, name text)");
  await client.query("BEGIN");
  const inserts = [];
  for (let i = 0; i < 50; i++) {
    inserts.push(client.query({ name: "insert", text: "INSERT INTO n VALUES ($1, $2)", values: [i, `n${i}`] }));
  }
  await Promise.all(inserts);
  await client.query("COMMIT");
  await assert.rejects(client.query("INSERT INTO n VALUES ($1, $2)", [1, "twice"]), /duplicate key/);
  const { rows } = await client.query("SELECT count(*)::int AS n FROM n");
  assert.strictEqual(rows[0].n, 50);
  await client.end();
}

async function redis(port) {
  const client = new Redis({ port });
  await client.set("seats", 10);
  const pipeline = client.pipeline();
  for (let i = 0; i < 100; i++) pipeline.incr("seats");
  const answers = await pipeline.exec();
  assert.strictEqual(answers[99][1], 110);
  await client.watch("seats");
  const changed = await client.multi().decr("seats").get("seats").exec();
  assert.deepStrictEqual(changed.map(([, value]) => value), [109, "109"]);
  client.disconnect();
}

postgres(process.argv[2])
  .then(() => redis(Number(process.argv[3])))
  .then(() => console.log("ok"))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
