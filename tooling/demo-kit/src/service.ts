import { setTimeout as sleep } from 'node:timers/promises';
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { type Bank } from './bank.ts';
import { addBankRoutes } from './bank-routes.ts';
import { addHealthRoutes } from './health-routes.ts';
import { InFlight } from './in-flight.ts';
import { Readiness } from './readiness.ts';
import { refusalOf } from './refusals.ts';

const HOST = '127.0.0.1';
// Requests that take longer than this to finish are cut.
const CLOSE_GRACE_MS = 5_000;

export interface ServiceOptions {
  /** Told of every error that is not the caller's: answers 500 and 503. */
  onFailure?(error: unknown): void;
  logger?: FastifyServerOptions['logger'];
}

/** The bank over HTTP. */
export class Service {
  readonly app: FastifyInstance;
  readonly #readiness: Readiness;
  readonly #inFlight = new InFlight();

  constructor(bank: Bank, { onFailure, logger = false }: ServiceOptions = {}) {
    this.app = fastify({
      logger,
      // As sent: "5" is not an amount, and an unknown field is a mistake and not noise.
      ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    });
    this.#readiness = new Readiness({
      ping: (signal) => bank.ping(signal),
      stats: () => Object.values(bank.pools()).map(({ gauges }) => gauges),
    });
    this.#answerErrors(onFailure);
    // Clients that keep connections open should take their next request elsewhere.
    this.app.addHook('onSend', async (_request, reply) => {
      if (this.#readiness.isDraining) reply.header('connection', 'close');
    });
    addBankRoutes(this.app, bank, this.#inFlight);
    addHealthRoutes(this.app, bank, this.#readiness);
  }

  /** @returns the address it listens at; port 0 is a free one */
  listen(port: number): Promise<string> {
    return this.app.listen({ port, host: HOST });
  }

  /**
   * First not ready, then closed to new connections, then done with what it has begun. Only after that may the bank
   * be closed.
   *
   * @param drainDelayMs how long it says that it is not ready before it stops listening; a load balancer needs
   *   that time to notice
   */
  async close(drainDelayMs = 0): Promise<void> {
    this.#readiness.drain();
    await sleep(drainDelayMs);
    const cut = setTimeout(() => this.app.server.closeAllConnections(), CLOSE_GRACE_MS);
    await this.app.close().finally(() => clearTimeout(cut));
    await this.#inFlight.ended();
  }

  #answerErrors(onFailure: ServiceOptions['onFailure']): void {
    this.app.setErrorHandler((error, request, reply) => {
      const { statusCode, code, message, retryAfterSeconds } = refusalOf(error);
      if (statusCode >= 500) {
        request.log.error(error);
        onFailure?.(error);
      }
      if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
      return reply.code(statusCode).send({ statusCode, code, message });
    });
    this.app.setNotFoundHandler((request, reply) => {
      const message = `there is no ${request.method} ${request.url}`;
      return reply.code(404).send({ statusCode: 404, code: 'UNKNOWN_ROUTE', message });
    });
  }
}
