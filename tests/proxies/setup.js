import { Server } from '../kit/js/server.js';
import { Proxy, instanceConfig } from './proxy.js';

/** What each instance calls itself: the one subprotocol that it knows, so that it is seen. */
export const instanceNames = ['one', 'two'];

/** A proxy and the two instances of lws-echo behind it. */
export class Setup {
  #configs;

  instances = {};
  proxy;

  constructor(configs) {
    this.#configs = configs;
  }

  /**
   * Starts all three.
   *
   * @param {string} proxyName
   * @param {object} [options]
   * @param {boolean} [options.drains] whether instances wait for the committed drain-delay, too
   * @param {object} [options.echo] options of both instances, beyond the committed ones
   * @param {object} [options.each] options of one instance, by its name
   * @param {Array} [options.changes] to the proxy's configuration
   */
  static async start(proxyName, { drains = false, echo = {}, each = {}, changes = [] } = {}) {
    const committed = await instanceConfig();
    const setup = new Setup(Object.fromEntries(instanceNames.map((name) => [name, {
      ...committed,
      ...drains ? {} : { 'drain-delay': 0 },
      echo: { ...committed.echo, subprotocols: [name], ...echo, ...each[name] },
    }])));

    try {
      for (const name of instanceNames) {
        await setup.startInstance(name);
      }
      setup.proxy = await Proxy.start(
        proxyName,
        instanceNames.map((name) => setup.instances[name].port),
        changes,
      );
      return setup;
    } catch (error) {
      await setup.stop();
      throw error;
    }
  }

  /** Starts an instance, where it was before if it was. */
  async startInstance(name) {
    this.instances[name] = await Server.start(this.#configs[name], this.instances[name]?.port);
  }

  /** Stops all of them, and checks that the instances end in good order. */
  async stop() {
    try {
      await this.proxy?.stop();
    } finally {
      await Promise.all(Object.values(this.instances).map((instance) => instance.stop()));
    }
  }
}
