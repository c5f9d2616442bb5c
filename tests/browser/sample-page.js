import assert from 'node:assert/strict';

import { expectEventually } from '../kit/js/eventually.js';

const timeoutMs = 20_000;

/** The page as a user meets it: by labels, names and roles. */
export class SamplePage {
  /** Everything the browser complained about. */
  faults = [];

  constructor(page) {
    const button = (name) => page.getByRole('button', { name, exact: true });
    const field = (name) => page.getByLabel(name, { exact: true });

    this.page = page;
    this.state = page.locator('header').getByRole('status');
    this.countdown = page.locator('#countdown');
    this.url = field('WebSocket Server URL:');
    this.subprotocols = page.getByLabel('Subprotocols');
    this.reconnect = field('Reconnect automatically');
    this.connect = button('Connect');
    this.message = field('Message to send:');
    this.format = field('Format');
    this.saved = field('Saved messages');
    this.send = button('Send');
    this.code = field('Close code');
    this.reason = field('Reason');
    this.close = button('Close Socket');
    this.notice = page.locator('#notice');
    this.log = page.getByRole('grid', { name: 'Communication Log', exact: true });
    this.entries = this.log.locator('#rows').getByRole('row');
    this.count = page.locator('#log-count');
    this.detail = page.getByRole('region', { name: 'Chosen row', exact: true });
    this.burst = page.getByRole('region', { name: 'Burst', exact: true });
    this.live = page.getByRole('region', { name: 'Last 60 seconds', exact: true });
    this.server = page.getByRole('region', { name: 'This server', exact: true });
    this.button = button;
    this.field = field;
  }

  /**
   * Opens the page in a context of its own.
   *
   * @param {import('playwright-core').Browser} browser
   * @param {string} url
   * @param {import('playwright-core').BrowserContextOptions} [options]
   * @returns {Promise<SamplePage>}
   */
  static async open(browser, url, options) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    const page = await context.newPage();
    const sample = new SamplePage(page);

    context.setDefaultTimeout(timeoutMs);
    sample.#collectFaults();
    await page.goto(url);
    await sample.reaches('Ready to connect...');
    return sample;
  }

  /** @param {string} text that the state has, or comes to have */
  async reaches(text) {
    await this.state.and(this.page.getByText(text, { exact: true })).waitFor();
  }

  /** Connects to @url, or to the address that is filled in. */
  async open(url) {
    if (url) {
      await this.url.fill(url);
    }
    await this.connect.click();
    await this.reaches('Open');
  }

  /** Connects to @url, which fails. */
  async failToOpen(url) {
    await this.url.fill(url);
    await this.connect.click();
    await this.reaches('Closed');
  }

  /** Connects to @url, which fails and is tried again. */
  async failToOpenAgain(url) {
    await this.url.fill(url);
    await this.connect.click();
    await this.reaches('Connecting again...');
  }

  /** @param {string} text sent with the button */
  async say(text) {
    await this.message.fill(text);
    await this.send.click();
  }

  /** Closes as it is filled in, and waits for the end. */
  async hangUp() {
    await this.close.click();
    await this.reaches('Closed');
  }

  /** @returns {Promise<string[][]>} the rows of the log in view: direction, type and data of each */
  async rowsNow() {
    return this.entries.evaluateAll((elements) => (
      elements.map(({ children }) => [1, 2, 5].map((index) => children[index].textContent))));
  }

  /**
   * The same, which must all be in view.
   *
   * @param {number} count how many there are, or will be
   * @returns {Promise<string[][]>}
   */
  async rows(count) {
    return expectEventually(async () => {
      const rows = await this.rowsNow();

      assert.equal(rows.length, count, `rows: ${JSON.stringify(rows)}`);
      return rows;
    });
  }

  /** @returns {Promise<string>} the fault shown below the form that @field belongs to */
  async faultOf(field) {
    const id = await field.evaluate(({ form }) => form.querySelector('[role="alert"]').id);

    return this.page.locator(`#${id}`).textContent();
  }

  /** @returns {Promise<Record<string, string>>} what a list of terms in @region says */
  figures(region) {
    return region.locator('dl').first().evaluate((list) => Object.fromEntries(
      Array.from(list.children, ({ children: [term, value] }) => [term.textContent, value.textContent]),
    ));
  }

  /** @returns {Promise<Record<string, boolean>>} which controls are enabled */
  async enabled() {
    return {
      url: await this.url.isEnabled(),
      connect: await this.connect.isEnabled(),
      send: await this.send.isEnabled(),
      close: await this.close.isEnabled(),
    };
  }

  /** Waits until @locator has the focus. */
  async focuses(locator) {
    await locator.and(this.page.locator(':focus')).waitFor();
  }

  /** Ends the page and its context. */
  dispose() {
    return this.page.context().close();
  }

  #collectFaults() {
    this.page.on('console', (entry) => {
      if (entry.type() === 'error' || entry.type() === 'warning') {
        this.faults.push(entry.text());
      }
    });
    this.page.on('pageerror', (error) => this.faults.push(String(error)));
    this.page.on('requestfailed', (request) => this.faults.push(`failed: ${request.url()}`));
    this.page.on('response', (response) => {
      if (response.status() >= 400) {
        this.faults.push(`${response.status()}: ${response.url()}`);
      }
    });
  }
}
