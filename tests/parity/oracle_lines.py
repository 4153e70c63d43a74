"""The oracle as a process that answers: one scenario a line on standard input, one line of results each on standard output.

A probe may carry a whole packet as `bytes` (hex). A scenario that cannot be built is answered by its error.
"""
import json
import sys

sys.path.insert(0, sys.argv[1])
import oracle  # noqa: E402

for line in sys.stdin:
    scenario = json.loads(line)
    for probe in scenario["probes"]:
        if "bytes" in probe:
            probe["_bytes"] = bytes.fromhex(probe["bytes"])
    try:
        results = oracle.run(scenario)["results"]
        for result in results:
            del result["probe"]
        answer = {"results": results}
    except Exception as error:  # whatever the tools complained about is the answer
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
