// A small pool of connections to PostgreSQL, and transactions that are tried again when another
// one got in their way.
'use strict';

const { setTimeout: pause } = require('node:timers/promises');

const { Pool } = require('pg');

const CONNECTIONS_MAX = 4;
const CONNECT_MS_MAX = 10_000;
// PostgreSQL only aborts a transaction for the sake of another one that commits, so of a few
// that meet each is tried again a few times at most. Only a crowd comes near this.
const TRIES_MAX = 10;
const PAUSE_MS_MAX = 64;

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';

// Every try of a transaction was aborted.
class TooBusy extends Error {}

class Database {
  constructor(url, isolation) {
    this.begin = `BEGIN ISOLATION LEVEL ${isolation}`;
    this.pool = new Pool({
      connectionString: url,
      max: CONNECTIONS_MAX,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      // Connections are kept for as long as the server keeps them.
      idleTimeoutMillis: 0,
    });
    // A connection that breaks is replaced when it is next needed; an `error` event that
    // nobody listens to would end the process.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  async ping() {
    await this.pool.query('SELECT 1');
  }

  // Carries `work` out in a transaction and returns what it returns. `work` may be carried out
  // several times; what it returned counts once the commit has succeeded.
  async transaction(work) {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#tryOnce(work);
      } catch (error) {
        if (error.code !== SERIALIZATION_FAILURE && error.code !== DEADLOCK_DETECTED) {
          throw error;
        }
        if (tried === TRIES_MAX) {
          throw new TooBusy();
        }
      }
      // The other one may not quite have finished its commit.
      await pause(Math.min(2 ** (tried - 1), PAUSE_MS_MAX));
    }
  }

  async #tryOnce(work) {
    const client = await this.pool.connect();
    let isUsable = false;
    try {
      await client.query(this.begin);
      const result = await work(client);
      await client.query('COMMIT');
      isUsable = true;
      return result;
    } catch (error) {
      isUsable = await rollBack(client);
      throw error;
    } finally {
      // Anything but a transaction that is over for certain must not go back to the pool.
      client.release(!isUsable);
    }
  }
}

// Whether the connection can be used again.
async function rollBack(client) {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

module.exports = { Database, TooBusy };
