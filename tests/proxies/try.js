// Runs two instances behind a proxy until it is told to stop: script/proxy.

import { once } from 'node:events';

import { Setup } from './setup.js';

const [name] = process.argv.slice(2);
const setup = await Setup.start(name, { drains: true });
const [plain, tls] = ['http', 'https'].map((scheme) => setup.proxy.url(scheme, '/'));

console.log(`${name} is ready: open ${plain} or ${tls}`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), setup.proxy.ended]);
// A terminal has interrupted the others, too; one that has ended by that is no failure.
await setup.stop().catch(() => {});
