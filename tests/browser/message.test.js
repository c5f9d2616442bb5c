/* Writing messages: formats, files, history, saved ones. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Server } from '../kit/js/server.js';
import { connectedPage, openPage } from './browser.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server.stop());

describe('a message is sent as it is written', () => {
  const rows = [
    { name: 'hex', format: 'hex', text: '00 01 0x7f,FF', shown: ['binary', '00 01 7f ff'] },
    { name: 'base64', format: 'base64', text: 'SGVs\nbG8=', shown: ['binary', '48 65 6c 6c 6f'] },
    { name: 'nothing in hex', format: 'hex', text: '', shown: ['binary', '(empty)'] },
    { name: 'two lines', format: 'text', text: 'one\ntwo', shown: ['text', 'one⏎two'] },
  ];
  for (const { name, format, text, shown } of rows) {
    test(name, async (t) => {
      const page = await connectedPage(t, server);

      await page.format.selectOption(format);
      await page.say(text);
      assert.deepEqual((await page.rows(3)).slice(1), [
        ['Client → Server', ...shown], ['Server → Client', ...shown],
      ]);
    });
  }

  const faults = [
    { name: 'no hex', format: 'hex', text: '0g', fault: /"g" is no hex digit/ },
    { name: 'half a byte', format: 'hex', text: '012', fault: /digit is missing/ },
    { name: 'no base64', format: 'base64', text: 'a', fault: /no base64/ },
  ];
  for (const { name, format, text, fault } of faults) {
    test(`${name} is explained, and nothing is sent`, async (t) => {
      const page = await connectedPage(t, server);

      await page.format.selectOption(format);
      await page.say(text);
      assert.match(await page.faultOf(page.message), fault);
      await page.focuses(page.message);
      assert.equal(await page.message.getAttribute('aria-invalid'), 'true');
      await page.rows(1);
      await page.format.selectOption('text');
      assert.equal(await page.faultOf(page.message), '');
    });
  }

  test('but not before the connection is open', async (t) => {
    const page = await openPage(t, server.url);

    await page.message.fill('too early');
    await page.message.press('Control+Enter');
    assert.match(await page.faultOf(page.message), /^Connect first\.$/);
    await page.rows(0);
    await page.open();
    await page.message.press('Control+Enter');
    await page.rows(3);
    assert.equal(await page.faultOf(page.message), '');
  });
});

describe('a file is sent as a binary message', () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
  const file = { name: 'data.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) };

  async function check(page) {
    await page.page.getByText('data.bin, 293 KiB').waitFor();
    assert.equal(await page.message.isVisible(), false);
    await page.focuses(page.send);
    await page.page.keyboard.press('Enter');
    await page.rows(3);
    assert.equal(await page.entries.nth(2).getByRole('gridcell').nth(3).textContent(), '293 KiB');
    // the round trip is known, so the same bytes have come back
    assert.match(await page.entries.nth(2).getByRole('gridcell').nth(4).textContent(), / ms$/);
  }

  test('by the picker', async (t) => {
    const page = await connectedPage(t, server);
    const chosen = page.page.waitForEvent('filechooser');

    await page.button('File…').click();
    await (await chosen).setFiles(file);
    await check(page);
    await page.button('Remove file').click();
    await page.focuses(page.message);
    await page.say('text again');
    assert.deepEqual((await page.rows(5))[4], ['Server → Client', 'text', 'text again']);
  });

  test('by drop', async (t) => {
    const page = await connectedPage(t, server);
    const dataTransfer = await page.page.evaluateHandle((length) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from({ length }, (_, index) => index % 251);

      transfer.items.add(new File([content], 'data.bin'));
      return transfer;
    }, bytes.length);

    await page.page.dispatchEvent('#message', 'dragover', { dataTransfer });
    assert.equal(await page.page.locator('#message-form.drop').count(), 1);
    await page.page.dispatchEvent('#message', 'drop', { dataTransfer });
    assert.equal(await page.page.locator('#message-form.drop').count(), 0);
    await check(page);
  });

  test('until a saved message is chosen', async (t) => {
    const page = await connectedPage(t, server);
    const chosen = page.page.waitForEvent('filechooser');

    await page.message.fill('saved');
    await page.button('Save').click();
    await page.button('File…').click();
    await (await chosen).setFiles(file);
    await page.page.getByText('data.bin, 293 KiB').waitFor();
    await page.saved.selectOption({ index: 0 });
    await page.saved.selectOption('saved');
    assert.equal(await page.message.isVisible(), true);
    await page.send.click();
    assert.deepEqual((await page.rows(3))[2], ['Server → Client', 'text', 'saved']);
  });

  test('text that is dropped is left to the browser', async (t) => {
    const page = await connectedPage(t, server);
    const prevented = await page.message.evaluate((field) => {
      const dataTransfer = new DataTransfer();

      dataTransfer.setData('text/plain', 'dropped');
      return !field.dispatchEvent(new DragEvent('drop', {
        dataTransfer, bubbles: true, cancelable: true,
      }));
    });

    assert.equal(prevented, false);
    assert.equal(await page.message.isVisible(), true);
  });

  test('an empty one, too', async (t) => {
    const page = await connectedPage(t, server);
    const chosen = page.page.waitForEvent('filechooser');

    await page.button('File…').click();
    await (await chosen).setFiles({ ...file, buffer: Buffer.alloc(0) });
    await page.page.getByText('data.bin, 0 B').waitFor();
    await page.send.click();
    assert.deepEqual((await page.rows(3))[2], ['Server → Client', 'binary', '(empty)']);
  });
});

test('the arrow keys bring back what was sent, and then what was being written', async (t) => {
  const page = await connectedPage(t, server);
  const is = async (text, format = 'text') => {
    assert.equal(await page.message.inputValue(), text);
    assert.equal(await page.format.inputValue(), format);
  };

  await page.say('first');
  await page.say('second\nof two lines');
  await page.format.selectOption('hex');
  await page.say('01 02');
  await page.say('01 02'); // again: it stands there once
  await page.format.selectOption('text');
  await page.message.fill('half wri');
  for (const [key, ...expected] of [
    ['ArrowUp', '01 02', 'hex'], ['ArrowUp', 'second\nof two lines'], ['ArrowUp', 'first'],
    ['ArrowUp', 'first'], ['ArrowDown', 'second\nof two lines'], ['ArrowDown', '01 02', 'hex'],
    ['ArrowDown', 'half wri'], ['ArrowDown', 'half wri'],
  ]) {
    await page.message.press(key);
    await is(...expected);
  }
});

test('the arrow keys move between lines first', async (t) => {
  const page = await connectedPage(t, server);

  await page.say('sent');
  await page.message.fill('one\ntwo');
  await page.message.press('ArrowUp');
  assert.equal(await page.message.inputValue(), 'one\ntwo');
  await page.message.press('ArrowUp');
  assert.equal(await page.message.inputValue(), 'sent');
});

test('saved messages outlive the page and can be deleted', async (t) => {
  const page = await connectedPage(t, server);

  assert.equal(await page.button('Delete').isEnabled(), false);
  await page.message.fill('keep me');
  await page.button('Save').click();
  await page.button('Save').click(); // again: it stands there once
  await page.format.selectOption('hex');
  await page.message.fill('ff');
  await page.button('Save').click();
  await page.page.reload();
  assert.deepEqual(await page.saved.locator('option').allTextContents(),
    ['Saved messages', 'keep me', 'ff']);
  await page.saved.selectOption('ff');
  assert.equal(await page.message.inputValue(), 'ff');
  assert.equal(await page.format.inputValue(), 'hex');
  await page.saved.selectOption('keep me');
  assert.equal(await page.format.inputValue(), 'text');
  await page.button('Delete').click();
  await page.page.reload();
  assert.deepEqual(await page.saved.locator('option').allTextContents(), ['Saved messages', 'ff']);
});
