/** The other half of the sessions (see `tools_test.ts`). */
import { testSessions } from "./session_tests.ts";

testSessions(1);
