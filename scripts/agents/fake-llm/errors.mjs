import { answerJson } from "./writing.mjs";

const anthropicTypes = { 429: "rate_limit_error", 529: "overloaded_error" };
const googleStatuses = { 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 529: "UNAVAILABLE" };

/** How each API says an error, and with a 429 when the limit ends (`until`, ms) where that is known. */
const bodies = {
  anthropic: ({ error }) => ({
    type: "error",
    error: { type: anthropicTypes[error] ?? "api_error", message: error === 429 ? "Rate limit reached" : "Overloaded" },
  }),
  responses: ({ error, until }) =>
    error === 429
      ? {
          error: {
            type: "usage_limit_reached",
            message: "The usage limit has been reached",
            plan_type: "plus",
            // Codex shows the minute.
            ...(until && { resets_at: Math.ceil(until / 60_000) * 60, resets_in_seconds: secondsTo(until) }),
          },
        }
      : { error: { type: "server_error", code: "server_is_overloaded", message: "Overloaded" } },
  chat: ({ error }) => ({
    error: {
      message: error === 429 ? "Rate limit reached" : "Overloaded",
      type: error === 429 ? "rate_limit_error" : "server_error",
      code: error === 429 ? "rate_limit_exceeded" : "overloaded",
    },
  }),
  gemini: ({ error, until }) => ({
    error: {
      code: error,
      message: error === 429 ? "You exceeded your current quota" : "The model is overloaded. Please try again later.",
      status: googleStatuses[error] ?? "INTERNAL",
      details: error === 429 ? quotaDetails(until) : [],
    },
  }),
};

const secondsTo = (until) => Math.max(1, Math.ceil((until - Date.now()) / 1000));

function quotaDetails(until) {
  const type = (name) => ({ "@type": `type.googleapis.com/google.rpc.${name}` });
  const violations = [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel", quotaMetric: "requests" }];
  const retry = until ? [{ ...type("RetryInfo"), retryDelay: `${secondsTo(until)}s` }] : [];
  return [{ ...type("QuotaFailure"), violations }, ...retry];
}

export function answerError(kind, turn, response) {
  if (turn.error === 429 && turn.until) response.setHeader("retry-after", String(secondsTo(turn.until)));
  answerJson(response, bodies[kind](turn), turn.error);
}
