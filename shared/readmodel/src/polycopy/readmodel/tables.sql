-- The tables of one version. The search path says in which schema.
-- Money and sizes are micros, times are milliseconds since the epoch, 0 and '' mean "not (yet)".
-- `sequence` is the place in the log at which a row last changed.

CREATE TABLE checkpoint (
    only_row boolean NOT NULL DEFAULT true PRIMARY KEY CHECK (only_row),
    log_id text NOT NULL DEFAULT '',
    sequence bigint NOT NULL DEFAULT 0,
    event_id text NOT NULL DEFAULT ''
);
INSERT INTO checkpoint DEFAULT VALUES;

CREATE TABLE targets (
    wallet text PRIMARY KEY,
    label text NOT NULL DEFAULT '',
    followed boolean NOT NULL DEFAULT false,
    added_at_ms bigint NOT NULL DEFAULT 0,
    removed_at_ms bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL
);

CREATE TABLE strategies (
    strategy_id text PRIMARY KEY,
    version text NOT NULL DEFAULT '',
    account text NOT NULL DEFAULT '',
    venue text NOT NULL DEFAULT '',
    capital_micros bigint NOT NULL DEFAULT 0,
    paused boolean NOT NULL DEFAULT false,
    definition text NOT NULL DEFAULT '',
    created_at_ms bigint NOT NULL DEFAULT 0,
    changed_at_ms bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL
);

-- One row for each observation: a trade that grew has several, each with what it grew by.
-- A leader trade is its group; each observation that made it larger writes over the one before.
CREATE TABLE leader_trades (
    transaction_hash text NOT NULL,
    wallet text NOT NULL,
    token_id text NOT NULL,
    side text NOT NULL,
    trade_id text NOT NULL,
    condition_id text NOT NULL,
    size_micros bigint NOT NULL,
    notional_micros bigint NOT NULL,
    price_micros bigint NOT NULL,
    source text NOT NULL,
    rows bigint NOT NULL,
    outcome text NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    traded_at_ms bigint NOT NULL,
    sent_at_ms bigint NOT NULL,
    received_at_ms bigint NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (transaction_hash, wallet, token_id, side)
);
CREATE INDEX leader_trades_by_sequence ON leader_trades (sequence DESC);

CREATE TABLE signals (
    signal_id text PRIMARY KEY,
    trade_id text NOT NULL,
    wallet text NOT NULL,
    transaction_hash text NOT NULL,
    token_id text NOT NULL,
    condition_id text NOT NULL,
    side text NOT NULL,
    size_micros bigint NOT NULL,
    price_micros bigint NOT NULL,
    notional_micros bigint NOT NULL,
    strategies bigint NOT NULL,
    qualified bigint NOT NULL,
    traded_at_ms bigint NOT NULL,
    sent_at_ms bigint NOT NULL,
    evaluated_at_ms bigint NOT NULL,
    sequence bigint NOT NULL
);
CREATE INDEX signals_by_trade ON signals (trade_id);

-- `reasons`: every failed check in the order of the checks, separated by commas.
CREATE TABLE decisions (
    signal_id text NOT NULL,
    strategy_id text NOT NULL,
    trade_id text NOT NULL,
    strategy_version text NOT NULL,
    account text NOT NULL,
    venue text NOT NULL,
    qualified boolean NOT NULL,
    reasons text NOT NULL,
    notional_micros bigint NOT NULL,
    size_micros bigint NOT NULL,
    limit_price_micros bigint NOT NULL,
    capped_by text NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (signal_id, strategy_id)
);
CREATE INDEX decisions_by_trade ON decisions (trade_id);

-- Requested and refused orders. `state` is OrderState, or 'refused' where our own checks said no.
-- `reason` is why it is in its state: why it was refused, failed, is uncertain or was cancelled;
-- 'lost', or 'recovered' where it was lost and turned up. `detail` has the words used, of a lost
-- order what every source said. `operator`: who judged that nothing more will fill. `leader`: whose
-- trade it copies; '' where a build requested it that did not tell. `lost_at_ms`: when it was last
-- lost, also of one that turned up since. `cancel_verdict`: what the venue answered to the last
-- cancel, '' while nothing is known. `examined`: what every source said when it was last asked for.
CREATE TABLE orders (
    order_id text PRIMARY KEY,
    account text NOT NULL DEFAULT '',
    strategy_id text NOT NULL DEFAULT '',
    signal_id text NOT NULL DEFAULT '',
    trade_id text NOT NULL DEFAULT '',
    venue text NOT NULL DEFAULT '',
    venue_order_id text NOT NULL DEFAULT '',
    condition_id text NOT NULL DEFAULT '',
    token_id text NOT NULL DEFAULT '',
    side text NOT NULL DEFAULT '',
    order_type text NOT NULL DEFAULT '',
    size_micros bigint NOT NULL DEFAULT 0,
    notional_micros bigint NOT NULL DEFAULT 0,
    limit_price_micros bigint NOT NULL DEFAULT 0,
    lock_micros bigint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT '',
    locked_micros bigint NOT NULL DEFAULT 0,
    locked_size_micros bigint NOT NULL DEFAULT 0,
    filled_size_micros bigint NOT NULL DEFAULT 0,
    filled_notional_micros bigint NOT NULL DEFAULT 0,
    fees_micros bigint NOT NULL DEFAULT 0,
    realised_micros bigint NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '',
    adopted text NOT NULL DEFAULT '',
    anomalies text NOT NULL DEFAULT '',
    evidence text NOT NULL DEFAULT '',
    outcome text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    leader text NOT NULL DEFAULT '',
    operator text NOT NULL DEFAULT '',
    cancel_verdict text NOT NULL DEFAULT '',
    examined text NOT NULL DEFAULT '',
    epoch bigint NOT NULL DEFAULT 0,
    attempt bigint NOT NULL DEFAULT 0,
    requested_at_ms bigint NOT NULL DEFAULT 0,
    sent_at_ms bigint NOT NULL DEFAULT 0,
    placed_at_ms bigint NOT NULL DEFAULT 0,
    filled_at_ms bigint NOT NULL DEFAULT 0,
    lost_at_ms bigint NOT NULL DEFAULT 0,
    cancel_requested_at_ms bigint NOT NULL DEFAULT 0,
    examined_at_ms bigint NOT NULL DEFAULT 0,
    closed_at_ms bigint NOT NULL DEFAULT 0,
    expires_at_ms bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL
);
CREATE INDEX orders_by_time ON orders (requested_at_ms DESC, order_id);
CREATE INDEX orders_by_trade ON orders (trade_id);
CREATE INDEX orders_by_venue_id ON orders (venue_order_id);

-- One row for each match that was told of. One that was only confirmed or reverted so far, its
-- match not yet told, has size 0.
CREATE TABLE fills (
    venue_trade_id text NOT NULL,
    venue_order_id text NOT NULL,
    order_id text NOT NULL,
    account text NOT NULL,
    strategy_id text NOT NULL DEFAULT '',
    token_id text NOT NULL DEFAULT '',
    side text NOT NULL DEFAULT '',
    size_micros bigint NOT NULL DEFAULT 0,
    price_micros bigint NOT NULL DEFAULT 0,
    notional_micros bigint NOT NULL DEFAULT 0,
    fee_micros bigint NOT NULL DEFAULT 0,
    role text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    status text NOT NULL,
    reason text NOT NULL DEFAULT '',
    transaction_hash text NOT NULL DEFAULT '',
    matched_at_ms bigint NOT NULL DEFAULT 0,
    confirmed_at_ms bigint NOT NULL DEFAULT 0,
    reverted_at_ms bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL,
    PRIMARY KEY (venue_trade_id, venue_order_id)
);
CREATE INDEX fills_by_order ON fills (order_id);

CREATE TABLE positions (
    account text NOT NULL,
    token_id text NOT NULL,
    condition_id text NOT NULL DEFAULT '',
    outcome text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    size_micros bigint NOT NULL DEFAULT 0,
    cost_micros bigint NOT NULL DEFAULT 0,
    locked_size_micros bigint NOT NULL DEFAULT 0,
    realised_micros bigint NOT NULL DEFAULT 0,
    payout_micros bigint NOT NULL DEFAULT 0,
    settled_at_ms bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL,
    PRIMARY KEY (account, token_id)
);

-- The shares of one BUY, whose order id is `lot_id`. What more is sold than any lot has is in a lot
-- named after the SELL. `cost_micros` is what was paid for the shares that are left, and
-- realised == got + paid out - paid + cost. `locked_size_micros`: for sale by open orders. A lot
-- from which the venue took back everything has 0 everywhere.
CREATE TABLE lots (
    account text NOT NULL,
    lot_id text NOT NULL,
    token_id text NOT NULL DEFAULT '',
    condition_id text NOT NULL DEFAULT '',
    strategy_id text NOT NULL DEFAULT '',
    leader text NOT NULL DEFAULT '',
    trade_id text NOT NULL DEFAULT '',
    bought_size_micros bigint NOT NULL DEFAULT 0,
    paid_micros bigint NOT NULL DEFAULT 0,
    sold_size_micros bigint NOT NULL DEFAULT 0,
    got_micros bigint NOT NULL DEFAULT 0,
    settled_size_micros bigint NOT NULL DEFAULT 0,
    paid_out_micros bigint NOT NULL DEFAULT 0,
    cost_micros bigint NOT NULL DEFAULT 0,
    realised_micros bigint NOT NULL DEFAULT 0,
    locked_size_micros bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL,
    PRIMARY KEY (account, lot_id)
);
CREATE INDEX lots_by_token ON lots (account, token_id);

-- `caught_up`: all that the venue knows is in the log; else no entries, and `behind_reason` says
-- why, '' before the first catching up of an epoch. `open_orders` are neither ended nor lost,
-- `disputes` those that are not agreed. The result is what was realised, less fees.
CREATE TABLE accounts (
    account text PRIMARY KEY,
    deposited_micros bigint NOT NULL DEFAULT 0,
    free_micros bigint NOT NULL DEFAULT 0,
    locked_micros bigint NOT NULL DEFAULT 0,
    fees_micros bigint NOT NULL DEFAULT 0,
    realised_micros bigint NOT NULL DEFAULT 0,
    result_micros bigint NOT NULL DEFAULT 0,
    highest_result_micros bigint NOT NULL DEFAULT 0,
    open_orders bigint NOT NULL DEFAULT 0,
    lost_orders bigint NOT NULL DEFAULT 0,
    disputes bigint NOT NULL DEFAULT 0,
    caught_up boolean NOT NULL DEFAULT false,
    behind_reason text NOT NULL DEFAULT '',
    anomalies bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    instance text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL
);

-- The kill switch as it was last set, of one account or ('') of all; the stricter of the two holds,
-- and without a row 'active'.
CREATE TABLE trading_states (
    account text PRIMARY KEY,
    state text NOT NULL,
    operator text NOT NULL,
    reason text NOT NULL,
    since_ms bigint NOT NULL,
    sequence bigint NOT NULL
);

-- As they were last set; an account without a row has the defaults. Parts per million are of all
-- that was ever paid into the account.
CREATE TABLE account_limits (
    account text PRIMARY KEY,
    order_ppm_max bigint NOT NULL,
    market_exposure_ppm_max bigint NOT NULL,
    leader_exposure_ppm_max bigint NOT NULL,
    total_exposure_ppm_max bigint NOT NULL,
    daily_budget_ppm_max bigint NOT NULL,
    daily_loss_ppm_max bigint NOT NULL,
    drawdown_ppm_max bigint NOT NULL,
    orders_per_minute_max bigint NOT NULL,
    price_gap_micros_max bigint NOT NULL,
    operator text NOT NULL,
    since_ms bigint NOT NULL,
    sequence bigint NOT NULL
);

-- Orders of somebody else with our wallet, as they were first seen; `seen_in` is the source.
CREATE TABLE external_orders (
    account text NOT NULL,
    venue_order_id text NOT NULL,
    condition_id text NOT NULL,
    token_id text NOT NULL,
    side text NOT NULL,
    size_micros bigint NOT NULL,
    price_micros bigint NOT NULL,
    seen_in text NOT NULL,
    seen_at_ms bigint NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (account, venue_order_id)
);

-- Where the venue holds less or more than the log explains: the last dispute about each balance.
-- `token_id` '' is pUSD. `disputed_at_ms`: since when; `agreed_at_ms` is 0 while it is disputed.
CREATE TABLE balance_disputes (
    account text NOT NULL,
    token_id text NOT NULL,
    expected_micros bigint NOT NULL DEFAULT 0,
    venue_micros bigint NOT NULL DEFAULT 0,
    disputed_at_ms bigint NOT NULL DEFAULT 0,
    agreed_at_ms bigint NOT NULL DEFAULT 0,
    sequence bigint NOT NULL,
    PRIMARY KEY (account, token_id)
);
