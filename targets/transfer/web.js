// The HTTP interface. Whatever reaches an operation is answered with 200; other codes are for
// requests that can't be read at all.
'use strict';

const http = require('node:http');

const { answer } = require('./graphql');

const BODY_BYTES_MAX = 16 * 1024;
const IDLE_MS = 60_000;

// A request that can't be read: a status code and why.
class BadRequest extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

async function readJson(request) {
  const chunks = [];
  let length = 0;
  // Left early, it must not take the connection with it: the answer still has to go out.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) {
      throw new BadRequest(413, `a body may have up to ${BODY_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new BadRequest(400, 'the body is not JSON');
  }
}

// Head and body leave in one packet, because both are there when `end` is called.
function reply(request, response, status, body) {
  const text = JSON.stringify(body);
  const head = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
  if (!request.complete) {
    // Its body was not read to the end, so the connection can't be used again.
    head.Connection = 'close';
  }
  response.writeHead(status, head);
  response.end(text);
}

async function health(database) {
  try {
    await database.ping();
    return [200, { status: 'ok' }];
  } catch {
    return [503, { status: 'the store does not answer' }];
  }
}

async function respond(request, database, bank) {
  const route = `${request.method} ${request.url}`;
  if (route === 'GET /healthz') {
    return health(database);
  }
  if (route !== 'POST /graphql') {
    throw new BadRequest(404, 'there is nothing at this path');
  }
  return [200, await answer(bank, await readJson(request))];
}

// Serves on 127.0.0.1 until the process ends.
function serve(port, database, bank) {
  const options = { keepAliveTimeout: IDLE_MS, noDelay: true };
  const server = http.createServer(options, async (request, response) => {
    try {
      const [status, body] = await respond(request, database, bank);
      reply(request, response, status, body);
    } catch (error) {
      if (error instanceof BadRequest) {
        reply(request, response, error.status, { error: error.message });
      } else {
        // The client went away in the middle of its request.
        response.destroy();
      }
    }
  });
  server.on('error', (error) => {
    process.stderr.write(`can't listen on 127.0.0.1:${port}: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(port, '127.0.0.1', () => {
    process.stderr.write(`listening on http://127.0.0.1:${port}\n`);
  });
}

module.exports = { serve };
