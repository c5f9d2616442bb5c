import assert from 'node:assert/strict';

const timeoutMs = 20_000;

/** The page as a user meets it: by labels, names and roles. */
export class SamplePage {
  /** Everything the browser complained about. */
  faults = [];

  constructor(page) {
    this.page = page;
    this.state = page.getByRole('status');
    this.url = page.getByLabel('WebSocket Server URL:', { exact: true });
    this.connect = page.getByRole('button', { name: 'Connect', exact: true });
    this.message = page.getByLabel('Message to send:', { exact: true });
    this.send = page.getByRole('button', { name: 'Send', exact: true });
    this.close = page.getByRole('button', { name: 'Close Socket', exact: true });
    this.fault = page.getByRole('alert');
    this.log = page.getByRole('log', { name: 'Communication Log', exact: true });
    this.entries = this.log.locator('tbody tr');
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

  /** @param {string} text sent with the button */
  async say(text) {
    await this.message.fill(text);
    await this.send.click();
  }

  /**
   * The rows of the log as the texts of their cells.
   *
   * @param {number} count how many there are, or will be
   * @returns {Promise<string[][]>}
   */
  async rows(count) {
    if (count > 0) {
      await this.entries.nth(count - 1).waitFor();
    }
    const rows = await this.entries.evaluateAll(
      (elements) => elements.map(({ cells }) => Array.from(cells, (cell) => cell.innerText)),
    );
    assert.equal(rows.length, count, `rows: ${JSON.stringify(rows)}`);
    return rows;
  }

  /** @returns {Promise<Record<string, boolean>>} which controls are enabled */
  async enabled() {
    return {
      url: await this.url.isEnabled(),
      connect: await this.connect.isEnabled(),
      message: await this.message.isEnabled(),
      send: await this.send.isEnabled(),
      close: await this.close.isEnabled(),
    };
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
