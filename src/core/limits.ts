/**
 * Every cap in Headwater, each with its unit and its reason. Nothing grows without one. docs/limits.md shows this table
 * and a test holds the two against each other.
 */
export const LIMITS = {
  /** Largest answer of a node that is read, bytes. A full block with traces of the busiest chains stays below. */
  nodeResponseBytes: 256 * 1024 * 1024,
  /** Bytes kept of a node's HTTP error, in which a JSON-RPC error object may stand. */
  answerExcerptBytes: 500,
  /** How long one request to a node may take, milliseconds. Longer than any honest answer, shorter than an operator's patience. */
  nodeRequestTimeoutMs: 20_000,
  /** How long opening a connection to a node may take, milliseconds. */
  nodeConnectTimeoutMs: 5_000,
  /** How long a node may take to tell its tips, milliseconds: it is asked every few seconds. */
  nodePollTimeoutMs: 5_000,
  /** How long a node is asked to wait for news before it answers, milliseconds: less than a request may take. */
  longPollMs: 15_000,
  /** The longest pause that a node's Retry-After gets, milliseconds: a node that asks for more is asked again all the same. */
  nodePauseMs: 60_000,
  /** Requests waiting for one node. A full queue rejects rather than hide a slow node. */
  nodeQueueLength: 1_000,
  /** How often nodes are asked within one request, over all of them. */
  requestAttempts: 6,
  /** How long a caller's read from nodes may take in all, milliseconds: less than the API's own limit. */
  readDeadlineMs: 25_000,
  /** Requests to one node at once. */
  nodeConcurrency: 8,
  /** Newest blocks per chain of which is known when they were first heard of, and heights since when nodes are held against them. */
  headArrivals: 256,
  /** Messages of a push feed waiting to be read; a feed that overruns is closed and the poll goes on. */
  feedMessages: 1_000,
  /** Largest message that a node may publish, bytes: news are some dozen, a block whole has room. Beyond, the feed ends. */
  feedMessageBytes: 8 * 1024 * 1024,
  /** How often a publisher is asked whether it is there, and how long it may take to answer, milliseconds. */
  feedHeartbeatMs: 10_000,
  /** Calls in one JSON-RPC batch: what common providers accept. */
  jsonRpcBatchCalls: 100,
  /** Characters of an answer that could not be read, as an error repeats them. */
  answerExcerptCharacters: 80,
  /** Characters of a node's own error message, as an error repeats them. */
  nodeMessageCharacters: 300,
  /** Calls in one call of a multicall contract: 50 thousand gas each stay within what nodes allow a read. */
  multicallCalls: 200,
  /** How long tracing one block may take when a node's abilities are found out, milliseconds. Longer is of no use at the tip. */
  traceProbeTimeoutMs: 10_000,
  /** Blocks that are looked at to find one that is cheap to trace when a node's abilities are found out. */
  traceProbeBlocks: 16,
  /** Uncles of one block: what the protocol allows (yellow paper, section 11.1). */
  blockUncles: 2,
  /** Addresses and topics of which a decode thread keeps what follows from them (bloom bits, accounts, assets), each. */
  derivedTextCacheEntries: 20_000,
  /** Keys of a block's tries that a decode thread keeps: positions of transactions, the same in every block. */
  trieKeyCacheEntries: 1_024,
  /** Blocks whose state roots are kept per chain, to hold proofs against without asking for their headers again. */
  stateRoots: 1_024,
  /** Balances that are proven rather than asked of operators: nodes make proofs one by one, some milliseconds and kilobytes each. */
  provenBalances: 16,
  /** How long a proof may take before operators are asked instead, milliseconds: time is left for them within a request's. */
  proofDeadlineMs: 5_000,
  /** Balances that operators agreed on and that a node which proves is shown at once, to find out where assets keep them. */
  proofExamples: 16,
  /** Storage keys in one request for a proof: common nodes take a thousand, and each adds some kilobytes to the answer. */
  proofStorageKeys: 64,
  /** Contracts per chain of which is kept where they keep balances. */
  tokenLayouts: 10_000,
  /** Contracts of which one call finds out where they keep balances: each takes a proof of some 50 storage keys. */
  layoutLooks: 4,
  /** Blocks in the files of a node on this machine's disk whose places are kept, 20 bytes each: more than any chain has. */
  localBlocks: 10_000_000,
  /** Hashes of blocks far below the tip that are asked for at once, and runs of them kept per node: what the pipeline holds. */
  hashRunBlocks: 32,
  hashRuns: 8,
  /** Heights in one request for a list of those that have blocks: nodes take half a million, whose list is megabytes. */
  listedHeights: 10_000,
  /** How far above an empty height the next block is looked for, heights: the longest runs of empty ones are some hundred. */
  skippedRunHeights: 1_000,
  /** Heights below its newest at which a node is asked for a block when it has not yet written down the newest. */
  unwrittenHeights: 8,
  /** Heights of which a node is asked at once which have blocks, on chains that skip some: an answer of some 40 kilobytes. */
  plannedHeights: 4_096,
  /** Blocks planned ahead at which the next list is asked for: twice what is fetched ahead, so that fetching does not wait for it. */
  listAheadBlocks: 128,
  /** Blocks that a node's lists may leave out before another node's are taken, and that are held while they are fetched by hash. */
  leftOutBlocks: 32,
  /** Lists of heights that one import begins anew with before it is given up until there is news. */
  listRestarts: 16,
  /** Heights of which it is remembered who said that they have no block: more than are asked for ahead. */
  skipWords: 1_024,
  /** Lists that are asked of a node to find the next block above a height that it skips: a week of half-second heights. */
  nextBlockLists: 320,
  /** Blocks fetched ahead of the last commit while backfilling. */
  pipelineBlocks: 64,
  /** Bytes of fetched blocks not committed yet, per chain. Keeps the backfill's memory flat whatever the blocks' size. */
  pipelineBytes: 64 * 1024 * 1024,
  /**
   * Bytes of blocks between their two looks that each decode thread keeps as it has read them. Beyond, the oldest is given to it
   * again: every block of a chain's pipeline fits, and what was fetched in vain goes first.
   */
  decodeHeldBytes: 64 * 1024 * 1024,
  /** How long one block may take to verify and decode before its worker thread is replaced, milliseconds. */
  decodeTimeoutMs: 60_000,
  /** Transactions in no block that are kept per chain, some two kilobytes each; what nodes told of first stays. */
  pendingTransactions: 50_000,
  /** Bytes of these transactions as nodes give them: few very large ones weigh as much as many small ones. */
  pendingBytes: 32 * 1024 * 1024,
  /** Transactions that spend what neither the ledger nor a pending transaction makes, kept until it is told. */
  pendingWaitingTransactions: 1_000,
  /** Pending transactions that ended, of which it is still told how, per chain: the newest. */
  pendingRetractedTransactions: 10_000,
  /** Ids looked at in one node's list of pending transactions. */
  pendingListIds: 500_000,
  /** Pending transactions fetched from a node in one call: one batch of what common providers accept. */
  pendingFetchIds: 100,
  /** Pending transactions that one stands on, as far as they are counted; nodes themselves allow some tens. */
  pendingAncestors: 1_000,
  /** Recent blocks whose hashes are kept in memory per chain, to tell at once whether a node stands on our chain. */
  recentBlocks: 1_024,
  /** Headers that nodes have told and that are not final, per chain: those of our chain in memory, and room for long forks. */
  headerTreeHeaders: 16_384,
  /** Headers between a node's tip and what is known of its branch that are asked for by hash; beyond, the node is asked by height. */
  linkHeaders: 256,
  /** Headers asked of one node when it tells a tip: a longer way is walked over several reports. */
  reportLinks: 32,
  /** How far above our newest block a told tip is fetched before it is agreed, blocks: what is farther comes by the backfill. */
  tipDistanceBlocks: 8,
  /** Blocks kept of those that one node told and that are not agreed yet. A node that tells many tips evicts its own only. */
  nodeTipBlocks: 4,
  /** Blocks of a branch fetched one by one to find out who tells falsehoods of their parents. */
  provenLinks: 64,
  /** Findings against nodes that are remembered per chain, so that each is recorded once. */
  evidenceKeys: 1_000,
  /** Balances waiting to be compared with nodes, per chain. */
  reconciliationPairs: 10_000,
  /** Balances compared with nodes between two looks at the tip: tip work never waits long for it. */
  reconciliationBatch: 50,
  /** Balances asked of a node in one call. */
  balanceQueries: 500,
  /**
   * How long a balance that a node told at its own height waits for the ledger to come there, milliseconds: many blocks of the chains
   * whose nodes know the newest state only, and time is left for other nodes within a request's.
   */
  recentBalanceWaitMs: 5_000,
  /** How far ahead of the ledger such a balance may be, blocks: what is farther does not come in that time, and is refused at once. */
  recentBalanceAheadBlocks: 256,
  /** How often an operator is asked for such balances when what it told is of another branch than the ledger's. */
  recentBalanceAsks: 3,
  /** How often a node sends a transaction on to block producers: as long as one lives on the chains that let nodes do that, and no longer. */
  broadcastNodeRetries: 30,
  /** Transactions of an account asked of a node in one call: what common nodes list at most. */
  listedTransactions: 1_000,
  /** Blocks that are asked for in order to tell in which order their transactions stand, for one page of a list. */
  listedBlocks: 16,
  /** Blocks written in one atomic batch while backfilling. */
  commitBlocks: 32,
  /** How long blocks gather for one batch while backfilling, milliseconds: less would write the same accounts too often. */
  commitGatherMs: 250,
  /** What a block leaves for later blocks to be held against, bytes: a header of the largest kind. */
  trailBytes: 256,
  /** Trails kept in memory per chain: two periods of the longest rule that looks back, a megabyte at most. */
  trails: 4_096,
  /** Movements written in one atomic batch before it is closed: bounds the batch's memory. */
  commitMovements: 50_000,
  /** How many headers a reorg search walks back before it gives up and reports a conflict. */
  reorgDepth: 10_000,
  /** Attempts for one block over all nodes before the chain is called stalled and waits for the next poll. */
  blockAttempts: 12,
  /** Body of a request to the API, bytes. 1,000 accounts of 128 characters stay below. */
  apiBodyBytes: 256 * 1024,
  /** Accounts in one POST /v1/balances. */
  apiBatchAccounts: 1_000,
  /** Assets named in one POST /v1/balances or in one ?assets= list. */
  apiBatchAssets: 100,
  /** Rows of one page at most, and when the caller does not say. */
  apiPageRows: 500,
  apiPageRowsDefault: 50,
  /** Requests answered at once; more are refused with `overloaded`. */
  apiRequestsInFlight: 2_000,
  /** Answers that wait to be sent together at the end of a turn of the event loop: some milliseconds of work. */
  apiTurnAnswers: 64,
  /** How long one API request may take, milliseconds. */
  apiRequestTimeoutMs: 30_000,
  /** An id (chain, account, asset, block, transaction) in a request, characters. CAIP-19 at its longest is 257. */
  apiIdCharacters: 300,
  /** A token in a request, characters: about a hundred chains, and below what HTTP servers take in a header. */
  apiTokenCharacters: 8_192,
  /** A cursor in a request, characters. The longest holds a height, a block hash and an asset. */
  apiCursorCharacters: 1_024,
  /** Balances asked for in one POST /v1/balances, accounts times assets: bounds the answer, and what nodes are asked. */
  apiBatchBalances: 50_000,
  /** Movements, inputs and outputs in one page of transactions; a page that reaches it ends there, with at least one transaction. */
  apiPageMovements: 20_000,
  /** Accounts of requests kept parsed and in the form shown to people, per process. */
  apiAccountCacheEntries: 50_000,
  /** Assets kept in the form shown to people, per chain. */
  apiAssetCacheEntries: 10_000,
  /** Assets kept inside one account's record before it spills into rows: bounds what a commit rewrites. Part of the layout. */
  accountInlineAssets: 24,
  /** Asset names kept in memory per chain. */
  assetCacheEntries: 100_000,
  /** Account records kept in memory per chain. */
  accountCacheEntries: 20_000,
  /** Unspent outputs kept in memory per chain, those made or read last: most are spent soon. Some 200 bytes each. */
  outputCacheEntries: 200_000,
  /** Entries of accounts with too many assets for one record, kept in memory per chain: about a hundred bytes each. */
  spilledCacheEntries: 60_000,
  /** Addresses kept in memory with their checksum, over all chains: an answer renders thousands. */
  checksumCacheEntries: 50_000,
  /** Bytes LevelDB may use for its block cache and for each of its write buffers. */
  levelCacheBytes: 16 * 1024 * 1024,
  levelWriteBufferBytes: 48 * 1024 * 1024,
  /** Bytes of one LevelDB file: small enough that merging one into the next level is short. */
  levelFileBytes: 4 * 1024 * 1024,
  /** Files that LevelDB keeps open. It maps them into memory: with the file's size, this bounds what of the disk is resident. */
  levelOpenFiles: 100,
  /** Writes to the store that wait for the one under way. A full queue rejects. */
  storeQueueLength: 1_000,
  /** How long the store computes before it lets other work have the thread, milliseconds. */
  storeTurnMs: 4,
  /** Blocks that one atomic batch takes back: bounds the batch's memory in a deep rollback. */
  rollbackBlocks: 256,
  /** Rows of accounts that are watched no longer, erased in one batch: bounds its memory, and how long commits wait for it. */
  sweptRows: 10_000,
  /**
   * Accounts watched on one chain: more than the largest wallets have on one. Each takes 24 to 48 bytes of memory, once for all
   * threads, and two rows.
   */
  watchedAccounts: 2_000_000,
  /** Newly watched accounts whose balances wait to be read from nodes; those beyond are read when they are asked for first. */
  watchedUnreadAccounts: 100_000,
  /** Answers about accounts kept in memory per chain for those who read the newest state. */
  balanceCacheEntries: 20_000,
  /** Evidence against nodes kept per chain, the newest: months of ordinary trouble, and a few megabytes under attack. */
  evidenceEntries: 10_000,
  /** Characters of an error's message or of an operator's reason that a record keeps. */
  recordTextCharacters: 500,
  /** Faults that one check of the store reports before it only counts on. */
  verifyFaults: 1_000,
  /** Names of a plugin's checks that metrics tell apart; the others are one: a series costs memory here and where it is read. */
  metricCheckNames: 100,
  /** Characters of a label that a plugin names. */
  metricLabelCharacters: 60,
  /** How long stopping may take before what is left is cut off, milliseconds. */
  shutdownMs: 10_000,
  /** How deep the calls in a node's trace may nest: the depth that virtual machines themselves allow. */
  callDepth: 1_024,
  /** Characters of a token's symbol that are kept. */
  symbolCharacters: 64,
  /** Size of a configuration file, bytes. Thousands of nodes stay below; anything larger is another file by mistake. */
  configBytes: 1024 * 1024,
  /** Nesting of a configuration file, and values in it once its aliases are expanded: what stops an alias bomb. */
  configDepth: 32,
  configValues: 50_000,
  /** Aliases in one configuration file. */
  configAliases: 100,
  /** Problems listed of one configuration file; the rest is counted. */
  configProblems: 100,
  /** Chains in one configuration, and nodes of one chain: each node costs connections and timers. */
  configChains: 256,
  configNodesPerChain: 64,
  /** How long a node of the test network may take to be ready, milliseconds: it needs 0.1 s on an idle machine. */
  testNodeStartMs: 20_000,
  /** How long a node of the test network may take to stop before it is killed, milliseconds: some write much at the end. */
  testNodeStopMs: 10_000,
  /** Ports that are tried for a node of the test network that cannot be told to take any free one. */
  testNodePortTries: 20,
  /** Unconfirmed transactions that the stand-in for a node holds before the cheapest leave: far more than tests make. */
  testMempoolTransactions: 5_000,
  /** Calls that the test network puts into one request to a node: some answer a batch only as a whole. */
  testRpcBatchCalls: 500,
  /** Blocks that the test network makes: it remembers them all, to give them to a node that comes back. A day of demo. */
  testNetworkBlocks: 50_000,
  /** Blocks that a cluster of the tests keeps unless told otherwise, some 100 KB each: a quarter of an hour of the demo. */
  testClusterBlocks: 2_000,
} as const;
