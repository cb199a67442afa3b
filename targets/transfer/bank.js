// What the bank does: one transaction per request. A refusal is returned and not thrown, so that
// its transaction is committed like any other: under SERIALIZABLE only the commit proves that
// what was read, and so the refusal, is right.
'use strict';

const READ_BALANCES = {
  name: 'read-balances',
  text: 'SELECT name, balance FROM accounts WHERE customer = $1 ORDER BY name',
};
const ADD_TO_BALANCE =
  'UPDATE accounts SET balance = balance + $3 WHERE customer = $1 AND name = $2 RETURNING balance';
const WRITE_LEDGER = {
  name: 'write-ledger',
  text: 'INSERT INTO ledger (customer, account, amount) VALUES ($1, $2, $3)',
};

const NO_CUSTOMER = { refused: 'NOT_FOUND', why: 'there is no such customer' };
const NO_FUNDS = { refused: 'INSUFFICIENT_FUNDS', why: 'the accounts together do not hold that much' };

class Bank {
  constructor(database) {
    this.database = database;
  }

  balances({ customer }) {
    return this.database.transaction(async (client) => {
      const balances = await readBalances(client, customer);
      if (balances.size === 0) {
        return NO_CUSTOMER;
      }
      return { balances: { ...Object.fromEntries(balances), available: sum(balances) } };
    });
  }

  deposit({ customer, account, amount }) {
    return this.database.transaction(async (client) => {
      const balance = await book(client, customer, account, amount);
      return balance === null ? NO_CUSTOMER : { deposit: { account, amount, balance } };
    });
  }

  withdraw({ customer, account, amount }) {
    return this.database.transaction(async (client) => {
      const balances = await readBalances(client, customer);
      if (balances.size === 0) {
        return NO_CUSTOMER;
      }
      const available = sum(balances);
      if (available < amount) {
        return NO_FUNDS;
      }
      // Only this account's row is written. Another request may have read both balances just
      // as well, and be about to write the other row.
      const balance = await book(client, customer, account, -amount);
      return { withdraw: { account, amount, balance, available: available - amount } };
    });
  }
}

// Adds an amount to one account and notes it in the ledger. Returns the new balance, or null
// when there is no such account.
async function book(client, customer, account, amount) {
  const { rows } = await client.query(ADD_TO_BALANCE, [customer, account, amount]);
  if (rows.length === 0) {
    return null;
  }
  await client.query({ ...WRITE_LEDGER, values: [customer, account, amount] });
  return Number(rows[0].balance);
}

// The customer's balances by account; empty when there is no such customer.
async function readBalances(client, customer) {
  const { rows } = await client.query({ ...READ_BALANCES, values: [customer] });
  // The driver gives a bigint as text, since not all fit into a number; these amounts do.
  return new Map(rows.map((row) => [row.name, Number(row.balance)]));
}

function sum(balances) {
  return [...balances.values()].reduce((total, balance) => total + balance, 0);
}

module.exports = { Bank };
