// From the body of a request to the body of an answer. Which operation is meant is told by
// `operationName`, its arguments by `variables`; the `query` must be there and is not interpreted.
'use strict';

const { TooBusy } = require('./database');

const ACCOUNTS = ['checking', 'savings'];
const CUSTOMER_MAX = 2 ** 31 - 1;
const AMOUNT_MAX = 1_000_000;

const CHECKS = new Map([
  ['customer', [(value) => isWithin(value, CUSTOMER_MAX), `a whole number from 1 to ${CUSTOMER_MAX}`]],
  ['account', [(value) => ACCOUNTS.includes(value), `one of ${ACCOUNTS.join(', ')}`]],
  ['amount', [(value) => isWithin(value, AMOUNT_MAX), `a whole number from 1 to ${AMOUNT_MAX}`]],
]);

const OPERATIONS = new Map([
  ['Balances', { variables: ['customer'], run: (bank, given) => bank.balances(given) }],
  ['Deposit', { variables: ['customer', 'account', 'amount'], run: (bank, given) => bank.deposit(given) }],
  ['Withdraw', { variables: ['customer', 'account', 'amount'], run: (bank, given) => bank.withdraw(given) }],
]);

function isWithin(value, max) {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function errors(code, message) {
  return { errors: [{ message, extensions: { code } }], data: null };
}

// Why the variables will not do, or null.
function complaint(names, variables) {
  for (const name of names) {
    const [isGood, wanted] = CHECKS.get(name);
    if (!Object.hasOwn(variables, name) || !isGood(variables[name])) {
      return `the variable ${name} must be ${wanted}`;
    }
  }
  return null;
}

// Answers a decoded body. Never throws: whatever went wrong stands in the answer.
async function answer(bank, body) {
  if (!isObject(body) || typeof body.query !== 'string' || body.query === '') {
    return errors('BAD_REQUEST', 'a query is needed');
  }
  const operation = OPERATIONS.get(body.operationName);
  if (operation === undefined) {
    return errors('BAD_REQUEST', `operationName must be one of ${[...OPERATIONS.keys()].join(', ')}`);
  }
  const variables = isObject(body.variables) ? body.variables : {};
  const why = complaint(operation.variables, variables);
  if (why !== null) {
    return errors('BAD_USER_INPUT', why);
  }
  try {
    const result = await operation.run(bank, variables);
    return result.refused ? errors(result.refused, result.why) : { data: result };
  } catch (error) {
    if (error instanceof TooBusy) {
      return errors('TRY_AGAIN', 'too many requests at once; try again later');
    }
    // A commit that was sent and not answered may have been carried out.
    process.stderr.write(`${error.message}\n`);
    return errors('STORE_AWAY', 'the store failed; whether the request was carried out is not known');
  }
}

module.exports = { answer };
