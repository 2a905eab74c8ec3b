#!/usr/bin/env bash
# What a lent accelerator does with its minutes, run from the repository's root on that machine:
#
#     bash research/training/v2/on_accelerator.sh [SECONDS]
#
# PARCEL (default build/eyes) holds what travels, 60 MiB: pack.bin and pack.json of pack.py, and last.pt to go on from.
# Crops are made on the device, the cosine ends with the seconds, and the weights come back in OUT every minute.
# DEVICE=cpu BATCH=8 tries the same on a processor.
set -euo pipefail
seconds=${1:-480} parcel=${PARCEL:-build/eyes} out=${OUT:?a folder for what comes back} device=${DEVICE:-cuda}
python=${PYTHON:-python3}
if ! "$python" -c "import torch, sys; sys.exit(0 if '$device' == 'cpu' else 1 - torch.cuda.is_available())"; then
    echo "no torch here that sees a $device device: give the machine back" >&2
    exit 3
fi
work=$(mktemp -d)
trap 'cp "$work"/*.pt "$work"/train.log "$out"/ 2>/dev/null || true' EXIT
cp "$parcel"/last.pt "$work"/ 2>/dev/null || echo "no last.pt in $parcel: from the beginning"
half=$([ "$device" = cpu ] || echo --half)
"$python" -m research.training.v2.train "$work" --pack "$parcel/pack" --device "$device" $half --batch "${BATCH:-256}" \
    --rate "${RATE:-6e-3}" --finish "$seconds" --save 60 2>&1 | tee "$work/train.log" &
running=$!
while kill -0 $running 2>/dev/null; do
    sleep 20
    cp "$work"/*.pt "$work"/train.log "$out"/ 2>/dev/null || true
done
wait $running
