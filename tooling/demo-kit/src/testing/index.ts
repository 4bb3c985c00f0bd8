// What the tests of every database's demo have in common.
export { describeBank } from './describe-bank.ts';
export { describeDemo, type ServerDemo } from './describe-demo.ts';
export { DemoProcess } from './demo-process.ts';
export { throughOutage, type OutageFigures } from './outage.ts';
