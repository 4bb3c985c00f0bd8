import { type FastifyInstance } from 'fastify';
import { type Bank, type TransferOrder } from './bank.ts';
import { type InFlight } from './in-flight.ts';
import { RefusedError } from './refusals.ts';

const LARGEST_ID = 2 ** 31 - 1;

// A path is text: the digits are checked here and made a number by the routes.
const userPath = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[1-9][0-9]{0,8}$' } },
} as const;

const accountId = { type: 'integer', minimum: 1, maximum: LARGEST_ID } as const;
const transferBody = {
  type: 'object',
  required: ['from', 'to', 'amountCents'],
  additionalProperties: false,
  properties: {
    from: accountId,
    to: accountId,
    amountCents: { type: 'integer', minimum: 1, maximum: 1_000_000_00 },
  },
} as const;

interface UserPath {
  Params: { id: string };
}

/** `GET /users/:id`, `GET /users/:id/profile`, `POST /transfer`. */
export function addBankRoutes(app: FastifyInstance, bank: Bank, inFlight: InFlight): void {
  app.get<UserPath>('/users/:id', { schema: { params: userPath } }, async ({ params }) =>
    found(await inFlight.track(bank.user(Number(params.id))), params.id),
  );

  app.get<UserPath>('/users/:id/profile', { schema: { params: userPath } }, async ({ params }) =>
    found(await inFlight.track(bank.profile(Number(params.id))), params.id),
  );

  app.post<{ Body: TransferOrder }>(
    '/transfer',
    { schema: { body: transferBody } },
    async ({ body }, reply) => {
      if (body.from === body.to)
        throw new RefusedError(400, 'SAME_ACCOUNT', 'from and to are the same account');
      const transfer = await inFlight.track(bank.transfer(body));
      return reply.code(201).send(transfer);
    },
  );
}

function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new RefusedError(404, 'UNKNOWN_USER', `there is no user ${id}`);
  return value;
}
