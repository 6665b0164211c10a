"""The names that a MongoDB sample may use: stages that read, operators that compute or compare.

Read from the reference manual of MongoDB 8.0. What is not listed is refused: `$function`, `$accumulator` and `$where`
run JavaScript on the server, `$out` and `$merge` write, `$currentOp`, `$listSessions` and their like show what other
people do, `$changeStream` never ends.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


STAGES = _names(
    "$addFields $bucket $bucketAuto $collStats $count $densify $documents $facet $fill $geoNear $graphLookup $group"
    " $indexStats $limit $lookup $match $project $redact $replaceRoot $replaceWith $sample $set $setWindowFields $skip"
    " $sort $sortByCount $unionWith $unset $unwind"
)

QUERY = _names(
    "$all $and $bitsAllClear $bitsAllSet $bitsAnyClear $bitsAnySet $box $caseSensitive $center $centerSphere $comment"
    " $diacriticSensitive $elemMatch $eq $exists $expr $geoIntersects $geoWithin $geometry $gt $gte $in $jsonSchema"
    " $language $lt $lte $maxDistance $meta $minDistance $mod $ne $near $nearSphere $nin $nor $not $options $or"
    " $polygon $rand $regex $sampleRate $search $size $slice $text $type"
)

EXPRESSION = _names(
    "$abs $acos $acosh $add $addToSet $allElementsTrue $anyElementTrue $arrayElemAt $arrayToObject $asin $asinh $atan"
    " $atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor $bottom $bottomN $bsonSize $ceil $cmp $concat"
    " $concatArrays $cond $convert $cos $cosh $count $covariancePop $covarianceSamp $dateAdd $dateDiff $dateFromParts"
    " $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc $dayOfMonth $dayOfWeek $dayOfYear"
    " $degreesToRadians $denseRank $derivative $divide $documentNumber $exp $expMovingAvg $filter $first $firstN"
    " $floor $getField $hour $ifNull $indexOfArray $indexOfBytes $indexOfCP $integral $isArray $isNumber $isoDayOfWeek"
    " $isoWeek $isoWeekYear $last $lastN $let $linearFill $literal $ln $locf $log $log10 $ltrim $map $max $maxN"
    " $median $mergeObjects $min $minMaxScaler $minN $millisecond $minute $month $multiply $objectToArray $percentile"
    " $pow $push $radiansToDegrees $range $rank $reduce $regexFind $regexFindAll $regexMatch $replaceAll $replaceOne"
    " $reverseArray $round $rtrim $second $setDifference $setEquals $setField $setIntersection $setIsSubset $setUnion"
    " $shift $sin $sinh $sortArray $split $sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP $strcasecmp $substr"
    " $substrBytes $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate $toDecimal $toDouble $toHashedIndexKey"
    " $toInt $toLong $toLower $toObjectId $toString $toUUID $toUpper $top $topN $trim $trunc $tsIncrement $tsSecond"
    " $unsetField $week $year $zip"
)

VALUES = _names(
    "$binary $date $db $id $maxKey $minKey $numberDecimal $numberDouble $numberInt $numberLong $oid $ref"
    " $regularExpression $timestamp $undefined $uuid"
)
"""Extended JSON's own names, but for `$code` and `$scope`: a sample has no use for JavaScript; and but for `$symbol`,
which becomes a text, a collection's name for one, that nobody looked at."""

OPERATORS = QUERY | EXPRESSION | VALUES

RULES = {
    "$function": "javascript",
    "$accumulator": "javascript",
    "$where": "javascript",
    "$code": "javascript",
    "$scope": "javascript",
    "$out": "writes",
    "$merge": "writes",
    "$changeStream": "endless",
    "$currentOp": "server",
    "$listSessions": "server",
    "$listLocalSessions": "server",
    "$listClusterCatalog": "server",
    "$listSampledQueries": "server",
    "$planCacheStats": "server",
    "$queryStats": "server",
}
"""Why a name that people do try is not on the lists; of any other, that it is unknown."""
