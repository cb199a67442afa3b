#!/usr/bin/env node
// transfer: two accounts per customer behind one GraphQL-like path. Environment:
//
//     DATABASE_URL  the PostgreSQL that keeps the accounts
//     VARIANT       `racy` (default) or `fixed`; see README.md
'use strict';

const { parseArgs } = require('node:util');

const { Bank } = require('./bank');
const { Database } = require('./database');
const { serve } = require('./web');

// The only difference between the variants.
const ISOLATION = new Map([
  ['racy', 'REPEATABLE READ'],
  ['fixed', 'SERIALIZABLE'],
]);

function fail(why) {
  process.stderr.write(`transfer: ${why}\n`);
  process.exit(2);
}

function port() {
  let text;
  try {
    text = parseArgs({ options: { port: { type: 'string' } } }).values.port ?? '';
  } catch (error) {
    fail(error.message);
  }
  const number = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 65535) {
    fail('--port must be a port (1 to 65535)');
  }
  return number;
}

function main() {
  const number = port();
  const isolation = ISOLATION.get(process.env.VARIANT ?? 'racy');
  if (isolation === undefined) {
    fail(`VARIANT must be one of ${[...ISOLATION.keys()].join(', ')}`);
  }
  const url = process.env.DATABASE_URL ?? '';
  if (!/^postgres(ql)?:\/\/./.test(url)) {
    fail('DATABASE_URL must be of the form postgres://user@host:port/database');
  }
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => process.exit(0));
  }
  const database = new Database(url, isolation);
  serve(number, database, new Bank(database));
}

main();
