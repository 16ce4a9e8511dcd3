/**
 * Sends every response of this Google Form to CoopCycle Bridge.
 *
 * In the form: ⋮ > Apps Script, paste this file, then
 *   1. Project Settings > Script Properties: BRIDGE_URL    https://…/webhooks/<connection>
 *                                            BRIDGE_SECRET the connection's webhook secret
 *   2. run `installBridge` once and allow what it asks for.
 *
 * A response that could not be delivered makes the run fail; Google then writes to the owner of the trigger.
 * Send it again with `sendLatestToBridge`: the bridge makes one delivery of a response, however often it comes.
 */

/** Sends the responses to come; run it again after changing the script. */
function installBridge() {
  ScriptApp.getProjectTriggers()
    .filter((trigger) => trigger.getHandlerFunction() === 'sendToBridge')
    .forEach((trigger) => ScriptApp.deleteTrigger(trigger));
  ScriptApp.newTrigger('sendToBridge').forForm(FormApp.getActiveForm()).onFormSubmit().create();
}

/** Sends the response that has just been submitted or edited. */
function sendToBridge(event) {
  postToBridge_(describe_(FormApp.getActiveForm(), event.response));
}

/** Sends the latest response once more. */
function sendLatestToBridge() {
  const form = FormApp.getActiveForm();
  const responses = form.getResponses();
  if (responses.length === 0) {
    throw new Error('This form has no response yet.');
  }
  postToBridge_(describe_(form, responses[responses.length - 1]));
}

/** Every question stands in it, also those without an answer: then a question that is gone can be told from them. */
function describe_(form, response) {
  const answers = {};
  response.getItemResponses().forEach((one) => {
    answers[one.getItem().getId()] = one.getResponse();
  });
  return {
    form_id: form.getId(),
    form: form.getTitle(),
    response_id: response.getId(),
    submitted_at: response.getTimestamp().toISOString(),
    email: response.getRespondentEmail() || null,
    items: form.getItems().map((item) => ({
      id: item.getId(),
      title: item.getTitle(),
      type: String(item.getType()),
      answer: item.getId() in answers ? answers[item.getId()] : null,
    })),
  };
}

/** Tries again when the bridge cannot answer; what it refuses is refused for good. */
function postToBridge_(description) {
  const settings = PropertiesService.getScriptProperties();
  const url = settings.getProperty('BRIDGE_URL');
  const secret = settings.getProperty('BRIDGE_SECRET');
  if (!url || !secret) {
    throw new Error('Set BRIDGE_URL and BRIDGE_SECRET under Project Settings > Script Properties.');
  }
  let status = 0;
  for (const seconds of [0, 2, 10, 30]) {
    Utilities.sleep(seconds * 1000);
    try {
      status = UrlFetchApp.fetch(url, {
        method: 'post',
        contentType: 'application/json',
        headers: { 'X-Webhook-Secret': secret },
        payload: JSON.stringify(description),
        muteHttpExceptions: true,
      }).getResponseCode();
    } catch (error) {
      status = 0; // not reached
    }
    if (status >= 200 && status < 300) {
      return;
    }
    if (status >= 400 && status < 500 && status !== 429) {
      break;
    }
  }
  throw new Error('CoopCycle Bridge ' + (status ? 'answered ' + status : 'was not reached') + '.');
}
