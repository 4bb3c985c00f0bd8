// The thread of the load generator; started by load.ts, which says why it is one.
import autocannon from 'autocannon';
import { parentPort, workerData } from 'node:worker_threads';
import { LoadTally } from './load-tally.ts';
import { type LoadMessage, type LoadPlan } from './load.ts';
import { trafficOf } from './traffic.ts';

// A connection sends a list of requests over and over. Long enough that it hardly comes round again within a usual run,
// or the same accounts would pay every time; bounded, because the lists are made before the first request.
const REQUESTS_PER_SECOND = 250;
const MOST_REQUESTS = 2_500;
// How often autocannon looks whether it should end.
const SAMPLE_MS = 50;

const plan = workerData as LoadPlan;
const listLength = Math.min(MOST_REQUESTS, Math.ceil(plan.seconds * REQUESTS_PER_SECOND));
const send = (message: LoadMessage): void => parentPort?.postMessage(message);

let connections = 0;
const load = autocannon(
  {
    url: plan.url,
    connections: plan.connections,
    duration: plan.seconds,
    sampleInt: SAMPLE_MS,
    // Keep-alive, and one request in flight for each connection: what a client with its own pool of sockets does.
    pipelining: 1,
    setupClient: (client) => client.setRequests(trafficOf(connections++, plan.size, listLength)),
  },
  (error: unknown) => {
    clearInterval(ticks);
    if (error) throw error as Error;
    send({ kind: 'done', figures: tally.total(performance.now()) });
    parentPort?.close();
  },
);

// The connections are set up by now: preparing their requests is not part of the time measured.
const tally = new LoadTally(performance.now());
const ticks = setInterval(() => send({ kind: 'tick', figures: tally.tick(performance.now()) }), plan.tickMs);

load.on('response', (_client, status, _bytes, latencyMs) => tally.response(status, latencyMs));
load.on('reqError', () => tally.noResponse());
parentPort?.on('message', () => load.stop());
